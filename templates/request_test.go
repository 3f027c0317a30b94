package templates

import (
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/fields"
)

// TestEverythingHasAName holds the words against the tables of the office.
func TestEverythingHasAName(t *testing.T) {
	var keys []string
	for _, a := range append([]models.Action{models.PredecessorGone, models.File, models.Comment, models.Attach}, models.Actions...) {
		keys = append(keys, "web.request.event."+string(a))
	}
	for _, a := range stepOrder {
		keys = append(keys, "web.request.do."+string(a))
		if a == models.Edit {
			continue
		}
		keys = append(keys, "web.request.step.title."+string(a), "web.request.step.lead."+string(a), "web.request.step.do."+string(a), "web.done.request_"+string(a))
		if a != models.Claim && a != models.Revert {
			keys = append(keys, "web.request.step.text."+string(a))
		}
	}
	for k := range mailKinds {
		keys = append(keys, "web.mail.kind."+string(k))
	}
	for _, s := range []models.MailState{models.MailWaiting, models.MailSent, models.MailRefused} {
		keys = append(keys, "web.mail.state."+string(s))
	}
	for _, r := range models.Roles {
		keys = append(keys, "web.role."+string(r), "web.side."+string(r.Side()))
	}
	for _, s := range models.Statuses {
		keys = append(keys, "web.status."+string(s))
	}
	for _, lang := range []string{"de", "en"} {
		for _, k := range keys {
			if !Words(lang).Has(k) {
				t.Errorf("%s has no words for %s", lang, k)
			}
		}
	}
}

func TestDiffWords(t *testing.T) {
	for _, x := range []struct{ before, after, want string }{
		{"Guten Tag", "Guten Tag", "Guten Tag"},
		{"", "neu", "+neu+"},
		{"alt", "", "-alt-"},
		{"Montag bis Freitag von 9 bis 12 Uhr", "Montag bis Donnerstag von 9 bis 13 Uhr", "Montag bis -Freitag -+Donnerstag +von 9 bis -12 -+13 +Uhr"},
		{"a b c", "a x b y c", "a +x +b +y +c"},
		{"eins\nzwei", "eins\ndrei", "eins\n-zwei-+drei+"},
	} {
		var got strings.Builder
		before, after := "", ""
		for _, p := range diffWords(x.before, x.after) {
			mark := map[string]string{"same": "", "gone": "-", "new": "+"}[p.Kind]
			got.WriteString(mark + p.Text + mark)
			if p.Kind != "new" {
				before += p.Text
			}
			if p.Kind != "gone" {
				after += p.Text
			}
		}
		if got.String() != x.want || before != x.before || after != x.after {
			t.Errorf("%q to %q: %q, want %q", x.before, x.after, got.String(), x.want)
		}
	}
	if got := diffWords(strings.Repeat("a b ", 2000), strings.Repeat("c d ", 2000)); len(got) != 2 {
		t.Errorf("texts that share nothing: %d pieces", len(got))
	}
}

// TestChangesFitOnPages shows many long changes, each once, on pages that stay small.
func TestChangesFitOnPages(t *testing.T) {
	c := &models.Case{}
	for i := range 60 {
		f := fields.Field{Key: "k", Label: "Hinweis", Type: fields.Markdown}
		c.Fields = append(c.Fields, f)
		c.Changes = append(c.Changes, models.Change{Field: "k", Label: "Hinweis", Type: fields.Markdown, New: fields.Value(`"` + strings.Repeat(string(rune('a'+i%26)), 3000) + `"`)})
	}
	v, seen, pages := &RequestView{}, 0, 0
	for from := 0; pages == 0 || from > 0; pages++ {
		from = v.ShowChanges(c, from, "de")
		for _, l := range v.Changes {
			if seen++; l.Ord != seen {
				t.Fatalf("change %d comes as %d", l.Ord, seen)
			}
		}
		if len(v.Changes) > 8 {
			t.Errorf("%d long changes on a page", len(v.Changes))
		}
	}
	if seen != 60 || pages < 8 {
		t.Errorf("%d of 60 changes on %d pages", seen, pages)
	}
}

// TestProtectedValuesAreNotCompared shows only that one changes.
func TestProtectedValuesAreNotCompared(t *testing.T) {
	f := fields.Field{Key: "k", Label: "Kennwort", Type: fields.Protected}
	l := changeLine(f, models.Change{Label: "Kennwort", Type: fields.Protected, Old: `"geheim-alt"`, New: `"geheim-neu"`}, "de")
	if text := l.Old + l.New; strings.Contains(text, "geheim-") || !strings.Contains(l.New, "geschützt") {
		t.Errorf("%+v", l)
	}
	lines, _ := conflictLines([]models.FieldConflict{{Field: "k", Label: "Kennwort", Type: fields.Protected, Expected: `"geheim-alt"`, Found: `"geheim-neu"`}}, nil, nil, false, Words("de"))
	if text := lines[0].Expected + lines[0].Found; strings.Contains(text, "geheim-") {
		t.Errorf("%+v", lines)
	}
}
