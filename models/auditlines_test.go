package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
)

// TestALineHasTheColumnsOfItsTable: what an audit of a file knows of a table's columns and key is what the databases have.
func TestALineHasTheColumnsOfItsTable(t *testing.T) {
	look(t, func(b *behind) {
		for _, table := range models.BackupTables {
			columns, known := models.DumpColumns[table]
			if !known {
				b.Errorf("nobody knows the columns of %s", table)
				continue
			}
			columnsOf := "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '" + table + "'"
			if b.sqlite() {
				columnsOf = "SELECT name FROM pragma_table_info('" + table + "')"
			}
			have := b.column(columnsOf)
			want := strings.Fields(strings.Replace(columns, "|", "", 1))
			slices.Sort(have)
			slices.Sort(want)
			if !slices.Equal(have, want) {
				b.Errorf("%s has %v, an audit of a file knows %v", table, have, want)
			}
			key, _, _ := strings.Cut(columns, " |")
			if len(want) > 64 || len(strings.Fields(key)) > 2 {
				b.Errorf("%s has more columns, or a longer key, than an audit of a file has room for", table)
			}
			if !b.sqlite() {
				continue
			}
			if is := strings.Join(b.column("SELECT name FROM pragma_table_info('"+table+"') WHERE pk > 0 ORDER BY pk"), " "); is != strings.TrimSpace(key) {
				b.Errorf("the key of %s is %q, an audit of a file takes %q for it", table, is, key)
			}
		}
		if len(models.DumpColumns) != len(models.BackupTables) {
			b.Errorf("%d tables are in a backup, %d are known", len(models.BackupTables), len(models.DumpColumns))
		}
	})
}

// TestAForgedLineBesideTheTrueOne: which of two lines counts, nobody has to guess; and no reader sees what another does not.
func TestAForgedLineBesideTheTrueOne(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.approved(b.file(b.Clerk, wordingOf("Zimmer")).Number)
	whole := b.backedUp()
	line := func(table string) string {
		i := strings.Index(whole, `{"t":"`+table+`"`)
		text, _, _ := strings.Cut(whole[i:], "\n")
		return text + "\n"
	}
	request, event, mail := line("requests"), line("events"), line("mails")
	id := func(l string) (n int64) {
		_, rest, _ := strings.Cut(l, `"id":`)
		_, err := fmt.Sscan(rest, &n)
		b.must(err)
		return n
	}
	forged := strings.Replace(request, `"reason":"`, `"reason":"Gefälscht. `, 1)
	lineOf := func(l string) int {
		before, _, _ := strings.Cut(whole, l)
		return 1 + strings.Count(before, "\n")
	}
	for name, x := range map[string]struct{ old, put, want string }{
		"a forged request before":     {request, forged + request, fmt.Sprintf("line %d, requests %d: has been there before", lineOf(request)+1, id(request))},
		"a forged request behind":     {request, request + forged, fmt.Sprintf("line %d, requests %d: has been there before", lineOf(request)+1, id(request))},
		"a mail twice":                {mail, mail + mail, fmt.Sprintf("line %d, mails %d: has been there before", lineOf(mail)+1, id(mail))},
		"a key more":                  {event, strings.Replace(event, `"r":{`, `"r":{"extra":1,`, 1), fmt.Sprintf(`line %d, events `, lineOf(event))},
		"a key in other letters":      {event, strings.Replace(event, `"r":{`, `"r":{"ACTION":"FORGED",`, 1), `no export writes the key "ACTION"`},
		"a key twice":                 {event, strings.Replace(event, `"r":{`, `"r":{"action":"FORGED",`, 1), `the key "action" stands there twice`},
		"a key of a mail twice":       {mail, strings.Replace(mail, `"r":{`, `"r":{"kind":"x",`, 1), `the key "kind" stands there twice`},
		"a row of two tables":         {mail, `{"t":"chains",` + mail[1:], `the key "t" stands there twice`},
		"a line with a remark":        {mail, `{"T":"chains",` + mail[1:], `no export writes the key "T"`},
		"a table that nobody has":     {mail, strings.Replace(mail, `"mails"`, `"Mails"`, 1), `no export has a table "Mails"`},
		"a line of nothing":           {mail, "{}\n" + mail, "is of no table"},
		"an event that says nothing":  {event, event + `{"t":"mails"}` + "\n", "mails: is no row of it"},
		"an approval that was thrice": {line("approvals"), line("approvals") + strings.Replace(line("approvals"), `"id":`, `"id":99`, 1), "is not in its history"},
	} {
		r, err := models.AuditFile(ctx, strings.NewReader(strings.Replace(whole, x.old, x.put, 1)), models.Evidence{})
		b.must(err)
		if said := strings.Join(findings(r), "\n"); !strings.Contains(said, x.want) {
			t.Errorf("%s: nobody says %q, only %q", name, x.want, said)
		}
	}
	for name, cut := range map[string]string{"within a line": whole[:len(whole)-len(mail)-7], "an array": whole + "[1]", "within a key": whole + `{"t`} {
		if r, err := models.AuditFile(ctx, strings.NewReader(cut), models.Evidence{}); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
