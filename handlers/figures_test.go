package handlers_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
	. "formwandel/models/modelstest"
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

// TestNothingIsCutSilently: a country has more municipalities, and a municipality more forms, than fit on one page of a list; whoever chooses or looks at a policy sees them all.
func TestNothingIsCutSilently(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		contact := map[string]fields.Value{"kontakt.email": `"standesamt@town.example"`, "datenschutz.dsb_email": `"dsb@town.example"`}
		var towns []gv100ad.Municipality
		for i := range 205 {
			towns = append(towns, gv100ad.Municipality{AGS: fmt.Sprintf("14521%03d", i), Name: fmt.Sprintf("Ort %03d", i), Kind: "Gemeinde"})
		}
		_, err := st.s.ImportMunicipalities(t.Context(), towns, false)
		st.must(err)
		for _, m := range towns {
			_, err := st.s.GoLive(t.Context(), m.AGS, Dog, contact, false)
			st.must(err)
		}
		text := read(t, "../models/definition/assistants/"+Birth+".json")
		for i := range 51 {
			key := fmt.Sprintf("Weitere%02d", i)
			d, err := definition.Read(strings.NewReader(strings.NewReplacer(Birth, key, `"Geburtsurkunde"`, `"Urkunde `+key+`"`).Replace(text)), key)
			st.must(err)
			_, err = st.s.ImportAssistant(t.Context(), d)
			st.must(err)
			_, err = st.s.GoLive(t.Context(), Bautzen, key, contact, false)
			st.must(err)
		}
		st.signIn(st.Lead).open("/zahlen").is(200).shows("Ort 000", "Ort 204", "Leipzig")
		v := st.signIn(st.TenantAdmin)
		v.open("/verwaltung/kommunen/"+Bautzen).is(200).shows("Urkunde Weitere00", "Urkunde Weitere50")
		v.open("/verwaltung/freigaben/"+Bautzen).is(200).shows("Urkunde Weitere00", "Urkunde Weitere50")
	})
}
