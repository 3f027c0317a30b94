package models_test

import (
	"fmt"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

var inStates = func(states ...models.Status) models.Filter {
	f := models.Filter{Sort: "due"}
	for _, s := range states {
		f.Status = append(f.Status, string(s))
	}
	return f
}

// TestCountsAreOfWhatOneSees counts what each filter finds, as everybody sees it.
func TestCountsAreOfWhatOneSees(t *testing.T) {
	look(t, func(b *behind) {
		for i := range 3 {
			b.file(b.Clerk, wording(fmt.Sprintf("Zimmer %d", i)))
		}
		in := wording("Leipzig")
		in.Form = Leipzig + "/" + Birth
		there := b.file(b.LeipzigClerk, in)
		b.do(b.Agent, there.Number, models.Claim, "")
		filters := []models.Filter{
			inStates(models.Submitted), inStates(models.InReview), inStates(models.Submitted, models.InReview, models.Failed), {WaitingForMe: true, Sort: "due"}, {Assignee: "me", Sort: "due"},
		}
		for who, want := range map[string]string{"agent": "[3 1 4 4 1]", "agent2": "[3 1 4 3 0]", "clerk": "[3 0 3 0 0]", "leipzig": "[0 1 1 0 0]"} {
			u := map[string]models.User{"agent": b.Agent, "agent2": b.Agent2, "clerk": b.Clerk, "leipzig": b.LeipzigClerk}[who]
			got, err := b.s.Count(ctx, u, filters)
			if b.must(err); fmt.Sprint(got) != want {
				b.Errorf("%s counts %v, want %s", who, got, want)
			}
		}
		if _, err := b.s.Count(ctx, models.User{}, filters); !models.IsKind(err, models.Forbidden) {
			b.Errorf("nobody counts: %v", err)
		}
		if _, err := b.s.Count(ctx, b.Agent, []models.Filter{{Status: []string{"x"}, Municipality: "y"}}); !models.IsKind(err, models.Invalid) {
			b.Errorf("a filter that is none: %v", err)
		}
		if n, err := b.s.Count(ctx, b.Agent, nil); n != nil || err != nil {
			b.Errorf("nothing counted: %v %v", n, err)
		}
	})
}

// TestCountingEnds counts no further than a page can show.
func TestCountingEnds(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.stuff(4000)
	b.exec(`UPDATE requests SET status = 'submitted', open = TRUE, assignee_id = NULL, kind = 'by', date = '2027-01-01', due_at = '2027-01-01 23:00:00+00:00' WHERE id <= 150`)
	l := listen(b, b.s)
	filters := []models.Filter{inStates(models.Submitted), inStates(models.InReview), {WaitingForMe: true, Sort: "due"}}
	said := l.during(func() {
		got, err := b.s.Count(ctx, b.Agent, filters)
		if b.must(err); got[0] != models.CountUpTo {
			b.Errorf("counted %v", got)
		}
	})
	sent := 0
	for _, x := range said {
		if strings.HasPrefix(x.sql, "SELECT (SELECT count(*)") { // what is inside is heard as well, but not sent
			sent++
		}
	}
	if sent != 1 {
		b.Errorf("%d statements for %d counts", sent, len(filters))
	}
}
