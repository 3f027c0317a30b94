package models_test

import (
	"testing"

	"formwandel/models/fields"
	. "formwandel/models/modelstest"
)

// A text that looks like a sealed value is a text: nobody hides with it what they changed.
func TestDiffShowsATextThatLooksSealed(t *testing.T) {
	tell(t, func(st *story) {
		const text = `"sealed:0123456789abcdef0123456789abcdef"`
		st.applied(want("by", "2026-12-01", notice, text))
		ds, err := st.s.Diff(ctx, st.Clerk, Bautzen, Birth, 1, 2)
		if err != nil || len(ds) != 1 || string(ds[0].New) != text || ds[0].Old == "" {
			st.Errorf("%+v, %v", ds, err)
		}
		past, _, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Birth, notice, "", 10)
		if err != nil || len(past) == 0 || string(past[0].New) != text {
			st.Errorf("%+v, %v", past, err)
		}
	})
}

// What was protected once stays so in every comparison, also when a later questionnaire calls the field a text, or knows it no more.
func TestDiffHidesWhatWasProtected(t *testing.T) {
	for name, pair := range map[string][2]string{
		"a text by now": {`"type":"protected"`, `"type":"text"`},
		"no field more": {`"zahlung.epaybl_keystore_passwort"`, `"zahlung.anderes_passwort"`},
	} {
		t.Run(name, func(t *testing.T) {
			tell(t, func(st *story) {
				const password = "zahlung.epaybl_keystore_passwort"
				in := want("by", "2026-12-01", password, `"geheim"`)
				in.Form = Bautzen + "/" + Trade
				st.applied(in)
				st.nextOf(Trade, pair[:]...)
				ds, err := st.s.Diff(ctx, st.Clerk, Bautzen, Trade, 2, 3)
				if err != nil || len(ds) != 1 || ds[0].Old != fields.Concealed || ds[0].New != "" || ds[0].Field.Type != fields.Protected {
					st.Errorf("%+v, %v", ds, err)
				}
			})
		})
	}
}
