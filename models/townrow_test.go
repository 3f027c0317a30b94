package models_test

import (
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// TestAProfileIsAsTheRecordSays: who changes a mailbox or a closing day past the program is found, in a backup, too; the
// record holds no mailbox, and what events from before have set is no finding.
func TestAProfileIsAsTheRecordSays(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.SetProfile(ctx, b.TenantAdmin, Bautzen, b.policyVersion(), models.Profile{OfficeMail: "post@bautzen.example", ClosingDays: []calendar.Day{calendar.NewDay(2026, 12, 28)}}, nil))
		b.must(b.s.SetOffice(ctx, Bautzen, "postfach@bautzen.example"))
		b.audit()
		b.wholeFile(b.backedUp())
		if said := strings.Join(b.column("SELECT data || comment FROM events WHERE action IN ('office_mail', 'municipality_change')"), " "); strings.Contains(said, "bautzen.example") || strings.Count(said, `"profile":"`) < 2 {
			t.Errorf("the record says %s", said)
		}
		for column, other := range map[string]string{"office_mail": "dieb@ort.example", "closing_days": `["2026-12-24"]`, "name": "Dresden", "plz": "01067"} {
			was := b.column("SELECT " + column + " FROM municipalities WHERE ags = '" + Bautzen + "'")[0]
			b.exec("UPDATE municipalities SET "+column+" = ? WHERE ags = ?", other, Bautzen)
			live, err := b.s.Audit(ctx, models.Evidence{})
			b.must(err)
			filed, err := models.AuditFile(ctx, gzipped(b.backedUp()), models.Evidence{})
			b.must(err)
			for where, r := range map[string]*models.Report{"the database": live, "the backup": filed} {
				if len(r.Findings) != 1 || r.Findings[0].Where != "municipality "+Bautzen {
					t.Errorf("%s in %s: %v", column, where, r.Findings)
				}
			}
			b.exec("UPDATE municipalities SET "+column+" = ? WHERE ags = ?", was, Bautzen)
		}
		b.audit()
	})
}
