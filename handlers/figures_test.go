package handlers_test

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestFiguresPage(t *testing.T) {
	st := newStage(t)
	in := st.signIn(st.Clerk)
	in.open("/zahlen").is(200).shows("Zahlen für", "Nach Monat", "noch kein Auftrag")
	in.open("/zahlen?jahr=abc").is(422)
	in.open("/zahlen?jahr=1").is(422)
	in.open("/zahlen?unsinn=1").is(422)
	r := in.open("/zahlen.csv").is(200)
	read := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(r.body), "\ufeff")))
	read.Comma = ';'
	rows, err := read.ReadAll()
	if err != nil || len(rows) != 2 {
		t.Errorf("%v rows, %v", len(rows), err)
	}
	st.visit().open("/zahlen").is(303)
}
