package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"formwandel/models"
	"formwandel/models/modelstest"
)

// TestAPersonByCommand: what is kept is written, what would go is told, and then it goes.
func TestAPersonByCommand(t *testing.T) {
	p := newProgram(t, built, "", rehearsal)
	const email, other = "kanarienvogel@bautzen.example", "sachbearbeitung@bautzen.example"
	p.command(nil, "user", "add", "--municipality", "14625020", "--email", email, "--name", "Kanarienvogel https://kanarienvogel.example", "--role", "clerk").ok()
	s := p.serve(freeAddr(t), advent).wait()
	o := &office{TB: t, addrs: []string{s.addr}, tokens: map[string]string{email: p.token(email), other: p.token(other)}, http: newOfficeClient()}
	for i, by := range []string{email, other} {
		n := o.must(by, by, http.MethodPost, "/api/v1/requests", map[string]any{"form": birthForm, "effective": map[string]any{"kind": "by", "date": "2027-01-31"}, "changes": []map[string]any{{"field": "gebuehren.erste", "new": 2300 + i}}, "submit": true}).Number
		eventually(t, "the mails lie in the folder", func() (bool, string) {
			return p.number("SELECT count(*) FROM mails WHERE state = 'waiting'") == 0, n
		})
	}
	s.stop()
	if n := strings.Count(p.letters(), "Veranlasst von: Kanarienvogel https[:]//"); n < 2 {
		t.Fatalf("%d letters say who has filed", n)
	}
	p.called(email, "Amt 3")
	var own map[string]any
	if err := json.Unmarshal([]byte(p.command(nil, "user", "export", "--email", email).ok().out), &own); err != nil || len(own["requests"].([]any)) != 1 {
		t.Errorf("own data: %v, %v", own, err)
	}
	for _, c := range []string{"export", "forget"} {
		p.command(nil, "user", c, "--email", "niemand@bautzen.example").refused(1, "there is no account")
	}
	p.command(nil, "user", "forget", "--email", email).refused(1, "switched on")
	if o := p.command(nil, "user", "forget", "--email", email, "--dry-run").ok(); !strings.Contains(o.out, "would be \"Ehemalige Person") {
		t.Errorf("%s", o.out)
	}
	p.switchOff(email)
	lay := p.number("SELECT count(*) FROM mails")
	if o := p.command(nil, "user", "forget", "--email", email).ok(); !strings.Contains(o.out, "1 requests keep the number") || strings.Contains(o.out, "0 mail files") {
		t.Errorf("%s", o.out)
	}
	stay, err := filepath.Glob(filepath.Join(p.dir, "data", "mail", "*.eml"))
	if of := p.number("SELECT count(*) FROM mails m JOIN requests r ON r.id = m.request_id JOIN users u ON u.id = r.author_id WHERE u.email = '" + other + "'"); err != nil || len(stay) != of || of == 0 || of == lay {
		t.Errorf("%d of %d letters stay, %v; %d do not concern the person", len(stay), lay, err, of)
	}
	p.command(nil, "audit", "verify").ok()
	backup := filepath.Join(p.dir, "backup")
	p.command(nil, "backup", backup).ok()
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"export": p.run("export"), "letters": p.letters(), "backup": string(joined(unpack(t, whole)))} {
		if text == "" && what != "letters" || strings.Contains(strings.ToLower(text), "kanarienvogel") {
			t.Errorf("%s names the person", what)
		}
	}
}

func joined(lines [][]byte) (out []byte) {
	for _, l := range lines {
		out = append(out, l...)
	}
	return out
}

// called gives an account another name as the administration does, past the pages.
func (p *program) called(email, name string) {
	p.Helper()
	s := p.inside()
	u, err := s.PersonByEmail(p.Context(), adminOf(p, s), email)
	if err == nil {
		err = s.ChangePerson(p.Context(), adminOf(p, s), u.ID, u.Version, models.PersonChange{Name: name, Locale: "de", Roles: u.Roles}, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// inside is the program's database as the program opens it, key and all.
func (p *program) inside() *models.Store {
	p.Helper()
	s := modelstest.Open(p, p.database)
	if err := s.KnowFactorKey(p.Context(), filepath.Join(p.dir, "data")); err != nil {
		p.Fatal(err)
	}
	return s
}

// switchOff switches an account off as the administration does, past the pages.
func (p *program) switchOff(email string) {
	p.Helper()
	s := p.inside()
	u, err := s.PersonByEmail(p.Context(), adminOf(p, s), email)
	if err == nil {
		err = s.SwitchPerson(p.Context(), adminOf(p, s), u.ID, u.Version, false, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// TestRetentionByCommand: a dry run says what the run does, in words and as JSON.
func TestRetentionByCommand(t *testing.T) {
	from := newPast(t)
	const spring = "FORMWANDEL_CLOCK=2027-03-15T09:00:00+01:00"
	would := from.command([]string{spring}, "retention", "--dry-run").ok().out
	if !strings.Contains(would, "drafts, kept 90 days: 1, the oldest of 2026-12-01: "+from.draft) || !strings.Contains(would, "accounts, kept 3 years: 0\n") {
		t.Errorf("%s", would)
	}
	if got := from.run("audit", "head"); got != from.heads {
		t.Error("a dry run writes")
	}
	var did struct {
		DryRun bool `json:"dry_run"`
		Rules  []struct {
			Key         string
			Count, Done int
			Examples    []string
		}
	}
	if err := json.Unmarshal([]byte(from.command([]string{spring}, "retention", "--json").ok().out), &did); err != nil {
		t.Fatal(err)
	}
	if r := did.Rules[0]; did.DryRun || r.Key != "drafts" || r.Count != 1 || r.Done != 1 || fmt.Sprint(r.Examples) != "["+from.draft+"]" {
		t.Errorf("%+v", did)
	}
	if again := from.command([]string{spring}, "retention").ok().out; !strings.Contains(again, "drafts, kept 90 days: 0 of 0 done") {
		t.Errorf("%s", again)
	}
	from.command(nil, "audit", "verify").ok()
}

// TestLettersOfARehearsal: a mail file goes with its row, by the clock that made both, however far it is from that of the file system.
func TestLettersOfARehearsal(t *testing.T) {
	from := newPast(t)
	mails := filepath.Join(from.dir, "data", "mail")
	if err := os.MkdirAll(mails, 0o700); err != nil {
		t.Fatal(err)
	}
	long := time.Now().AddDate(-2, 0, 0)
	for name, made := range map[string]string{"1_old": "Tue, 01 Dec 2026 09:00:00 +0100", "2_kept": "Tue, 01 Jun 2027 09:00:00 +0200", "3_without": ""} {
		file := filepath.Join(mails, name+".eml")
		if err := os.WriteFile(file, []byte("Date: "+made+"\r\nSubject: x\r\n\r\nx"), 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "2_kept" {
			if err := os.Chtimes(file, long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	const summer = "FORMWANDEL_CLOCK=2027-07-01T09:00:00+02:00"
	if o := from.command([]string{summer}, "retention").ok(); !strings.HasSuffix(o.out, "mail files: 1\n") {
		t.Errorf("%s", o.out)
	}
	if left, _ := filepath.Glob(filepath.Join(mails, "*.eml")); len(left) != 2 || filepath.Base(left[0]) != "2_kept.eml" || filepath.Base(left[1]) != "3_without.eml" {
		t.Errorf("left are %v", left)
	}
}

// TestTheServerExpiresByItself: what has had its time goes when the day comes.
func TestTheServerExpiresByItself(t *testing.T) {
	from := newPast(t)
	s := from.serve(freeAddr(t), "FORMWANDEL_CLOCK=2027-03-15T09:00:00+01:00").wait()
	eventually(t, "the draft is taken back", func() (bool, string) {
		out := from.run("export")
		return strings.Contains(out, `"status":"withdrawn"`), out[:200]
	})
	s.stop()
	from.command(nil, "audit", "verify").ok()
}

// TestRedactByCommand: the words of one event, with a reason.
func TestRedactByCommand(t *testing.T) {
	p := newProgram(t, built, "", rehearsal)
	s := p.serve(freeAddr(t), advent).wait()
	o := newOffice(p, s.addr)
	const clerk = "sachbearbeitung@bautzen.example"
	number := o.must("a", clerk, http.MethodPost, "/api/v1/requests", map[string]any{"form": birthForm, "wish": "x"}).Number
	o.must("b", clerk, http.MethodPost, "/api/v1/requests/"+number+"/comments", map[string]any{"text": "Frau Kanarienvogel ist krank."})
	var events struct{ Items []struct{ Seq, Action any } }
	if err := json.Unmarshal(o.get("/api/v1/requests/"+number+"/events").body, &events); err != nil {
		t.Fatal(err)
	}
	seq := fmt.Sprint(events.Items[len(events.Items)-1].Seq)
	p.command(nil, "redact", number, seq).refused(2, "reason")
	p.command(nil, "redact", number, "99999", "--reason", "Krankheit").refused(1, "no event")
	p.command(nil, "redact", number, seq, "--reason", " ").refused(1, "reason: Write a text.")
	p.command(nil, "redact", number, seq, "--reason", strings.Repeat("ü", 201)).refused(1, "201")
	p.command(nil, "redact", number, seq, "--reason", strings.Repeat("ü", 200)).ok()
	s.stop()
	p.command(nil, "audit", "verify").ok()
	if strings.Contains(p.run("export"), "Kanarienvogel") {
		t.Error("the words are still there")
	}
}

// TestEncryptedBackup: only the holder of the private key reads it.
func TestEncryptedBackup(t *testing.T) {
	p := newProgram(t, built, "")
	key := func(name string) (*age.X25519Identity, string) {
		id, err := age.GenerateX25519Identity()
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, name), []byte("# created: today\n"+id.String()+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return id, filepath.Join(p.dir, name)
	}
	mine, file := key("mine")
	_, foreign := key("foreign")
	backup := filepath.Join(p.dir, "backup.age")
	p.command(nil, "backup", backup, "--recipient", "age1nix").refused(2, "--recipient")
	p.command(nil, "backup", backup, "--recipient", mine.Recipient().String()).ok()
	text, err := os.ReadFile(backup)
	if err != nil || !strings.HasPrefix(string(text), "age-encryption.org/v1\n") || strings.Contains(string(text), "bautzen") {
		t.Fatalf("%.100s, %v", text, err)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	to := empty(t, "")
	to.command(nil, "restore", backup).refused(2, "encrypted")
	to.command(nil, "restore", backup, "--identity", filepath.Join(p.dir, "nowhere")).refused(2, "nowhere")
	to.command(nil, "restore", backup, "--identity", backup).refused(2, "private key")
	to.command(nil, "restore", backup, "--identity", foreign).refused(1, "does not open")
	cut := filepath.Join(p.dir, "cut.age")
	if err := os.WriteFile(cut, text[:len(text)-40], 0o600); err != nil {
		t.Fatal(err)
	}
	to.command(nil, "restore", cut, "--identity", file).refused(1, "backup")
	to.command(nil, "restore", backup, "--identity", file).ok()
	if got, want := to.run("audit", "head"), p.run("audit", "head"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestAnExposedKeyIsRefused: a private key that everybody on the machine may read counts as known (T33).
func TestAnExposedKeyIsRefused(t *testing.T) {
	p := newProgram(t, built, "")
	p.serve(freeAddr(t)).wait().stop()
	keys, err := filepath.Glob(filepath.Join(p.dir, "data", "*.key"))
	if err != nil || len(keys) == 0 {
		t.Fatalf("%v, %v", keys, err)
	}
	if err := os.Chmod(keys[0], 0o604); err != nil {
		t.Fatal(err)
	}
	p.command([]string{"FORMWANDEL_ADDR=" + freeAddr(t)}, "serve").refused(1, filepath.Base(keys[0]))
	if err := os.Chmod(keys[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(p.dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := p.serve(freeAddr(t)).wait()
	s.stop()
	if !strings.Contains(s.log.String(), "the data folder is open to everybody") {
		t.Errorf("no warning: %s", s.log.String())
	}
}

// TestSettingsKeepTheirSecrets: passwords in settings are in no output, no log and no error, whatever goes wrong (T33).
func TestSettingsKeepTheirSecrets(t *testing.T) {
	p := newProgram(t, built, "")
	const bird = "Kanarien/vogel@4711"
	quoted := "Kanarien%2Fvogel%404711"
	heard := func(what, text string) {
		t.Helper()
		for _, c := range []string{bird, quoted, "Kanarien", "vogel"} {
			if strings.Contains(text, c) {
				t.Errorf("%s has the secret: %s", what, text)
			}
		}
	}
	smtp, demo := "FORMWANDEL_SMTP_URL=smtp://formwandel:"+quoted+"@127.0.0.1:1", "FORMWANDEL_DEMO_PASSWORD="+bird
	o := p.command([]string{smtp, demo}, "config").ok()
	heard("config", o.out)
	if !strings.Contains(o.out, "FORMWANDEL_SMTP_URL=smtp://formwandel:xxxxx@127.0.0.1:1 (set)\n") || !strings.Contains(o.out, "FORMWANDEL_DEMO_PASSWORD=xxxxx (set)\n") || !strings.Contains(o.out, "FORMWANDEL_LOG=text (default)\n") {
		t.Errorf("%s", o.out)
	}
	heard("seed", p.command([]string{smtp, demo}, "seed").ok().out)
	for _, database := range []string{"postgres://formwandel:" + quoted + "@127.0.0.1:1/formwandel", "postgres://formwandel:" + quoted + "@127.0.0.1:1,127.0.0.1:2/formwandel?sslpassword=" + quoted, "postgres://formwandel@127.0.0.1:1/x?password=" + quoted, "postgres://formwandel:" + quoted + "@[::1/x", "mysql://formwandel:" + quoted + "@host/x"} {
		for _, command := range []string{"serve", "migrate", "config"} {
			o := p.command([]string{"FORMWANDEL_DATABASE_URL=" + database}, command)
			heard(command, o.out+o.err)
		}
	}
	for _, bad := range []string{"smtp://formwandel:" + quoted + "@mail.example:99999", "smtp://formwandel:" + bird + "@mail.example", "http://formwandel:" + quoted + "@mail.example"} {
		o := p.command([]string{"FORMWANDEL_SMTP_URL=" + bad}, "serve")
		heard("serve", o.out+o.err)
	}
	s := p.serve(freeAddr(t), smtp, demo, "FORMWANDEL_LOG=json").wait()
	office := newOffice(p, s.addr)
	office.settle("x", birthForm, "by", "2027-12-31", "gebuehren.erste", 2300)
	eventually(t, "a mail could not be sent", func() (bool, string) { l := s.log.String(); return strings.Contains(l, "out of reach"), l })
	s.stop()
	heard("the log", s.log.String())
}

// TestTheLogOfTheProgramHoldsNothing: the real program, over real connections: each entry is one line of JSON, and no
// name, word or token is in it (T21, S48).
func TestTheLogOfTheProgramHoldsNothing(t *testing.T) {
	p := newProgram(t, built, "", rehearsal)
	s := p.serve(freeAddr(t), advent, noMail, "FORMWANDEL_LOG=json").wait()
	o := newOffice(p, s.addr)
	canaries := []string{"kanarie", "forged", "@bautzen.example", "@kisa.example", "Sachbearbeitung"}
	for _, token := range o.tokens {
		canaries = append(canaries, token)
	}
	poison := "Kanarie\r\n{\"level\":\"INFO\",\"msg\":\"forged\"}\x1b[31m"
	r := o.try(call{who: "sachbearbeitung@bautzen.example", method: http.MethodPost, path: "/api/v1/requests", body: map[string]any{"form": birthForm, "wish": poison, "reason": poison}})
	number := r.Number
	for _, path := range []string{"/api/v1/requests/" + number + "/comments", "/api/v1/requests/Kanarie", "/kanarie"} {
		o.try(call{who: "sachbearbeitung@bautzen.example", method: http.MethodPost, path: path, body: map[string]any{"text": poison}})
	}
	o.settle("x", birthForm, "by", "2026-12-24", "gebuehren.erste", 2300)
	for _, raw := range []string{
		"GET /kanarie HTTP/1.1\r\nHost: formwandel.example\r\nX: " + strings.Repeat("Kanarie ", 4000) + "\r\n\r\n", "Kanarie\x1b[31m\r\n\r\n", "GET /\x00kanarie HTTP/1.1\r\nHost: kanarie.example\r\n\r\n",
		"POST /anmelden HTTP/1.1\r\nHost: formwandel.example\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\nKanarie123", "GET http://kanarie.example/ HTTP/1.1\r\nHost: a\r\nHost: kanarie\r\n\r\n", "POST /anmelden HTTP/1.1\r\nHost: formwandel.example\r\nTransfer-Encoding: chunked\r\n\r\nKanarie\r\n",
	} {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(2 * time.Second)) // a connection that was just opened takes it
		_, _ = c.Write([]byte(raw))                        // the server may hang up on it
		_, _ = http.ReadResponse(bufio.NewReader(c), nil)  // or say nothing
		_ = c.Close()
	}
	eventually(t, "something is logged", func() (bool, string) { l := s.log.String(); return strings.Contains(l, "out of reach"), l })
	s.stop()
	lines := strings.Split(strings.TrimSuffix(s.log.String(), "\n"), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Errorf("this is no line of the log: %s", l)
		}
		for _, c := range canaries {
			if strings.Contains(strings.ToLower(l), strings.ToLower(c)) {
				t.Errorf("the log has %q: %s", c, l)
			}
		}
	}
	modelstest.Score(t, "S48", "the real program over real connections, hostile texts and broken requests, log as json", 11, fmt.Sprintf("%d lines, each whole; 0 of %d canaries in them", len(lines), len(canaries)))
}

// adminOf is the demonstration's administration.
func adminOf(p *program, s *models.Store) models.User {
	p.Helper()
	return modelstest.SignIn(p, s, "admin@kisa.example")
}
