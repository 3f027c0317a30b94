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

// That a secret has become another one is told by every comparison, though neither is shown.
func TestDiffTellsThatASecretIsAnother(t *testing.T) {
	tell(t, func(st *story) {
		const password = "zahlung.epaybl_keystore_passwort"
		for _, word := range []string{`"geheim"`, `"geheimer"`} {
			in := want("by", "2026-12-01", password, word)
			in.Form = Bautzen + "/" + Trade
			st.applied(in)
		}
		ds, err := st.s.Diff(ctx, st.Clerk, Bautzen, Trade, 2, 3)
		if err != nil || len(ds) != 1 || ds[0].Old != fields.Concealed || ds[0].New != fields.Concealed {
			st.Errorf("%+v, %v", ds, err)
		}
		past, _, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Trade, password, "", 10)
		if err != nil || len(past) != 2 || past[0].New != fields.Concealed {
			st.Errorf("%+v, %v", past, err)
		}
	})
}

// A field that the questionnaire has lost differs whichever way two versions are compared.
func TestDiffShowsALostFieldBothWays(t *testing.T) {
	tell(t, func(st *story) {
		st.newQuestionnaire(`"gebuehren.versand"`, `"gebuehren.porto"`)
		there, err := st.s.Diff(ctx, st.Clerk, Bautzen, Birth, 1, 2)
		st.must(err)
		back, err := st.s.Diff(ctx, st.Clerk, Bautzen, Birth, 2, 1)
		st.must(err)
		if len(there) == 0 || len(there) != len(back) {
			st.Fatalf("there %+v\nback %+v", there, back)
		}
		lost := false
		for i := range there {
			if there[i].Field.Key != back[i].Field.Key || there[i].Old != back[i].New || there[i].New != back[i].Old {
				st.Errorf("there %+v, back %+v", there[i], back[i])
			}
			lost = lost || there[i].Field.Key == "gebuehren.versand"
		}
		if !lost {
			st.Error("the lost field is not among them")
		}
	})
}
