package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	birthForm = "14625020/KOMM24Geburtsurkunde"
	tradeForm = "14625020/KOMM24Gewerbeanmeldung"
	secret    = "Geheimwort-4711"
	rehearsal = "FORMWANDEL_ENV=rehearsal"
	advent    = "FORMWANDEL_CLOCK=2026-12-01T09:00:00+01:00"
	newYear   = "FORMWANDEL_CLOCK=2027-01-01T09:00:00+01:00"
	noMail    = "FORMWANDEL_SMTP_URL=smtp://127.0.0.1:1?tls=none" // nobody listens: mails wait
)

// past is an installation with a past: one change applied, one approved for New
// Year, one with a protected value, one draft, and mails that wait.
type past struct {
	*program
	applied, approved, sealed, draft string
	backup                           string
	heads                            string // audit head
	counts                           map[string]int
}

func newPast(t *testing.T) *past {
	t.Helper()
	p := &past{program: newProgram(t, built, "", rehearsal)}
	s := p.serve(freeAddr(t), advent, noMail).wait()
	o := newOffice(p.program, s.addr)
	p.applied = o.settle("a", birthForm, "by", "2026-12-24", "gebuehren.erste", 2300)
	eventually(t, "the deadline's change is applied", func() (bool, string) {
		r := o.get("/api/v1/requests/" + p.applied)
		return r.Status == "applied", string(r.body)
	})
	p.approved = o.settle("b", birthForm, "from", "2027-01-01", "gebuehren.erste", 2500)
	p.sealed = o.settle("c", tradeForm, "from", "2027-01-01", "zahlung.epaybl_keystore_passwort", secret)
	p.draft = o.must("d", "sachbearbeitung@bautzen.example", http.MethodPost, "/api/v1/requests", map[string]any{"form": birthForm, "wish": "Später mehr."}).Number
	s.stop()
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log has the protected value")
	}
	p.backup = filepath.Join(p.dir, "backup")
	p.command(nil, "backup", p.backup).ok()
	p.heads, p.counts = p.run("audit", "head"), p.count()
	if p.counts["requests"] != 4 || p.counts["events"] < 20 || p.counts["configurations"] < 20 || len(p.waiting()) == 0 {
		t.Fatalf("the past: %v, mails wait: %v", p.counts, p.waiting())
	}
	return p
}

// must makes a call under a key of its own that has to succeed.
func (o *office) must(key, who, method, path string, body any) *reply {
	o.Helper()
	r := o.try(call{who: who, method: method, path: path, key: key, body: body})
	if r.status >= 300 {
		o.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	return r
}

// settle files a change and gets it approved by both sides.
func (o *office) settle(key, form, kind, day, field string, value any) string {
	o.Helper()
	r := o.must(key, "sachbearbeitung@bautzen.example", http.MethodPost, "/api/v1/requests", map[string]any{
		"form": form, "effective": map[string]any{"kind": kind, "date": day}, "changes": []map[string]any{{"field": field, "new": value}}, "submit": true,
	})
	for _, step := range []struct{ who, action string }{{"bearbeitung@kisa.example", "claim"}, {"freigabe@bautzen.example", "approve"}, {"freigabe@kisa.example", "approve"}} {
		r = o.must(key+step.action, step.who, http.MethodPost, "/api/v1/requests/"+r.Number+"/"+step.action, map[string]any{"version": r.Version})
	}
	return r.Number
}

var tableName = regexp.MustCompile(`^\{"t":"([a-z_]+)"`)

// count counts the rows of an export by table.
func (p *program) count() map[string]int {
	p.Helper()
	out := map[string]int{}
	for line := range strings.Lines(p.run("export")) {
		m := tableName.FindStringSubmatch(line)
		if m == nil {
			p.Fatalf("export: %q", line)
		}
		out[m[1]]++
	}
	return out
}

var (
	waitingMail = regexp.MustCompile(`"message_id":"([^"]+)".*"state":"waiting"`)
	sentMail    = regexp.MustCompile(`"message_id":"([^"]+)".*"state":"sent"`)
)

// unescaped is a Message-ID out of JSON.
func unescaped(id string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(id)
}

// waiting are the Message-IDs of mails that wait.
func (p *program) waiting() (ids []string) {
	p.Helper()
	for _, m := range waitingMail.FindAllStringSubmatch(p.run("export"), -1) {
		ids = append(ids, unescaped(m[1]))
	}
	return ids
}

// letters are all mails in the data folder.
func (p *program) letters() string {
	p.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(p.dir, "data"), func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".eml" {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(strings.ReplaceAll(string(text), "=\r\n", "")) // lines as they were before they were broken
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
	return all.String()
}
