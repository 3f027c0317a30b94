package handlers

import (
	"encoding/json"
	"testing"

	"formwandel/models"
	"formwandel/models/fields"
)

// Programs read what the field held as found, and a new value that no longer fits as requested.
func TestConflictsAsProgramsReadThem(t *testing.T) {
	got, err := json.Marshal(conflictsOf([]models.FieldConflict{
		{Field: "s.a", Label: "A", Type: fields.Money, Expected: "2000", Found: "2500"},
		{Field: "s.b", Label: "B", Type: fields.Money, Expected: "2000", Found: "900000", Code: "too_large"},
		{Field: "s.c", Label: "C", Type: fields.Money, Expected: "2000", Found: "100", Code: "no_longer_configurable"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"field":"s.a","label":"A","expected":2000,"found":2500},{"field":"s.b","label":"B","expected":2000,"found":2000,"requested":900000,"code":"too_large"},` +
		`{"field":"s.c","label":"C","expected":2000,"found":null,"requested":100,"code":"no_longer_configurable"}]`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}
