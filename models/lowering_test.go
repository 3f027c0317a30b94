package models_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/definition"
	. "formwandel/models/modelstest"
)

// birth is another version of the birth certificate's questionnaire, in which fees need so
// many approvals of the municipality and the provider; pairs of words are replaced.
func (st *story) birth(version, town, house int, pairs ...string) *definition.Definition {
	st.Helper()
	d, err := st.s.Questionnaire(ctx, Birth, 1)
	st.must(err)
	var all map[string]any
	st.must(json.Unmarshal(d.JSON(), &all))
	all["version"] = version
	for _, s := range all["sections"].([]any) {
		if s := s.(map[string]any); s["key"] == "gebuehren" {
			s["approval"] = map[string]any{"municipality": town, "provider": house}
		}
	}
	text, err := json.Marshal(all)
	st.must(err)
	d, err = definition.Read(bytes.NewReader([]byte(strings.NewReplacer(pairs...).Replace(string(text)))), "next")
	st.must(err)
	return d
}

// TestNobodyLowersApprovalsOnTheWeb: a questionnaire with which a section needs fewer approvals is the operator's to read in (T15).
func TestNobodyLowersApprovalsOnTheWeb(t *testing.T) {
	tell(t, func(st *story) {
		refused := func(d *definition.Definition, code string) {
			st.Helper()
			_, err := st.s.TakeAssistant(ctx, st.Admin, d, nil)
			st.refused(err, models.Invalid, code)
			st.refused(last(st.s.ForecastAssistant(ctx, st.Admin, d)), models.Invalid, code)
			if st.one("SELECT count(*) FROM definitions WHERE assistant = ? AND version = ?", Birth, d.Version) != 0 {
				st.Error("it was taken")
			}
		}
		refused(st.birth(2, 0, 1), "approvals_lowered_municipality")
		st.must(last(st.s.TakeAssistant(ctx, st.Admin, st.birth(2, 2, 2), nil))) // raising is fine
		refused(st.birth(3, 2, 1), "approvals_lowered_provider")
		refused(st.birth(3, 1, 2), "approvals_lowered_municipality")
		// a section that was taken out and comes back is what it was last
		st.must(last(st.s.TakeAssistant(ctx, st.Admin, st.birth(3, 1, 1, `gebuehren`, `betraege`), nil)))
		refused(st.birth(4, 1, 1), "approvals_lowered_municipality")
		// the operator may, and from then on that is what holds
		st.must(last(st.s.ImportAssistant(ctx, st.birth(4, 1, 1))))
		st.must(last(st.s.TakeAssistant(ctx, st.Admin, st.birth(5, 1, 1, `"title":"Geburtsurkunde"`, `"title":"Urkunde"`), nil)))
		es, _, err := st.s.Trail(ctx, st.Admin, models.TrailFilter{Chain: models.Installation, Action: "import_assistant"})
		st.must(err)
		if es[1].ActorID != nil || es[1].Config != 4 || es[0].Actor.Name != st.Admin.Name {
			st.Errorf("%+v", es[:2])
		}
	})
}
