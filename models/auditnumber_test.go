package models_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"formwandel/models"
)

// TestOneNumberKeepsNoAuditBusy: a number that somebody has raised beyond counting is named, and the audit comes to its end.
func TestOneNumberKeepsNoAuditBusy(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.approved(b.file(b.Clerk, wording("Zimmer 1")).Number)
	b.shift(100 * 24 * time.Hour)
	b.knock()
	whole := b.backedUp()
	for name, c := range map[string]struct{ find, put, want string }{
		"a version":                {`("t":"configurations".*"number":)2`, `${1}4611686018427387904`, " version 3: missing"},
		"the version of an event":  {`("t":"events".*\\"config\\":)2`, `${1}4611686018427387904`, " version 3: missing"},
		"the last number there is": {`("t":"events".*\\"config\\":)2`, `${1}9223372036854775807`, " version 3: missing"},
		"an event":                 {`("t":"events".*"seq":)2`, `${1}4611686018427387904`, " event 3: missing"},
		"the end of a chain":       {`("t":"chains".*"seq":)\d+`, `${1}4611686018427387904`, ": missing"},
	} {
		at := regexp.MustCompile(c.find)
		found := at.FindString(whole)
		if found == "" {
			t.Fatalf("%s: nothing to bend", name)
		}
		bent := strings.Replace(whole, found, at.ReplaceAllString(found, c.put), 1)
		done := make(chan *models.Report, 1)
		go func() {
			r, err := models.AuditFile(ctx, gzipped(bent), models.Evidence{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			done <- r
		}()
		select {
		case r := <-done:
			if r == nil || !strings.Contains(strings.Join(findings(r), "\n"), c.want) {
				t.Errorf("%s: nobody says %q", name, c.want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: the audit counts and counts", name)
		}
	}
}

// findings are what a report says, line by line.
func findings(r *models.Report) (lines []string) {
	for _, f := range r.Findings {
		lines = append(lines, f.String())
	}
	return lines
}
