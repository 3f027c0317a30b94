package main_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWrongUse: one clear line, exit 2, and nothing done.
func TestWrongUse(t *testing.T) {
	p := empty(t, "")
	there := filepath.Join(p.dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(p.dir, "nowhere")
	for _, args := range [][]string{
		{"nix"}, {"Serve"}, {"serve", "nix"}, {"serve", "--port", "80"}, {"--nix"}, {"-x"}, {"migrate", "up"}, {"seed", "--force"}, {"version", "x"}, {""},
		{"token"}, {"token", "make"}, {"token", "create"}, {"token", "create", "--email"}, {"token", "create", "a@b.example"}, {"token", "create", "--email", "a@b.example", "--days", "0"},
		{"token", "create", "--email", "a@b.example", "--days", "3651"}, {"token", "create", "--email", "a@b.example", "--days", "viele"}, {"token", "create", "--email", "a@b.example", "--days", "3", "--valid", "8h"}, {"token", "revoke"},
		{"import"}, {"import", "all"}, {"import", "municipalities"}, {"import", "municipalities", nowhere}, {"import", "municipalities", p.dir}, {"import", "assistant", nowhere}, {"import", "assistant", there, "more"},
		{"export", "a", "b"}, {"export", filepath.Join(nowhere, "x")}, {"backup"}, {"backup", there}, {"backup", filepath.Join(nowhere, "x")}, {"restore"}, {"restore", nowhere}, {"restore", p.dir},
		{"audit"}, {"audit", "check"}, {"audit", "verify", "--against"}, {"audit", "verify", "--against", nowhere}, {"audit", "verify", "--against", there}, {"audit", "head", "x"},
	} {
		if args[0] == "export" || (args[0] == "backup" && len(args) > 1 && args[1] != there) {
			p.run("migrate") // they look at the records first
		}
		p.command(nil, args...).refused(2, "")
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "mine" {
		t.Errorf("the file that was there holds %q, %v", b, err)
	}
}

// TestHelpAndVersion: asking is no mistake.
func TestHelpAndVersion(t *testing.T) {
	p := empty(t, "")
	p.command(nil).refused(2, "what to do is missing")
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}} {
		if o := p.command(nil, args...).ok(); !strings.Contains(o.out, "Usage: formwandel") {
			t.Errorf("%v: %q", args, o.out)
		}
	}
	if o := p.command(nil, "version").ok(); !regexp.MustCompile(`^formwandel \S+\n$`).MatchString(o.out) {
		t.Errorf("version: %q", o.out)
	}
	if files, err := os.ReadDir(p.dir); err != nil || len(files) != 0 {
		t.Errorf("asking leaves %v, %v", files, err)
	}
}

// TestBeforeMigrate: a command that needs records says so when there are none.
func TestBeforeMigrate(t *testing.T) {
	p := empty(t, "")
	for _, args := range [][]string{{"token", "create", "--email", "a@b.example"}, {"export"}, {"backup", "b"}, {"audit", "verify"}, {"audit", "head"}} {
		p.command(nil, args...).refused(1, "formwandel migrate")
	}
	p.command(nil, "migrate").ok()
	p.command(nil, "migrate").ok()
	p.command(nil, "token", "create", "--email", "a@b.example").refused(1, `"a@b.example"`)
}

// TestNoDatabase: a command that works beside the server makes no database file, nor its folder, and says that there is none.
func TestNoDatabase(t *testing.T) {
	p := empty(t, "")
	folder := filepath.Join(p.dir, "nowhere")
	p.database = "sqlite://" + filepath.Join(folder, "formwandel.db")
	for _, args := range [][]string{
		{"audit", "verify"}, {"audit", "head"}, {"audit", "key"}, {"audit", "security"}, {"audit", "checkpoint"}, {"export"}, {"backup", "b"}, {"retention", "--dry-run"},
		{"user", "export", "--email", "a@b.example"}, {"user", "forget", "--email", "a@b.example", "--dry-run"}, {"token", "create", "--email", "a@b.example"},
	} {
		p.command(nil, args...).refused(1, "there is no database "+filepath.Join(folder, "formwandel.db"))
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("a command that only reads has made %s: %v", folder, err)
	}
	p.command(nil, "migrate").ok()
	p.command(nil, "audit", "head").ok()
}

// TestUnfitAccounts: who may not be like that is wrong use, and what is missing is named.
func TestUnfitAccounts(t *testing.T) {
	p := empty(t, "")
	p.command(nil, "migrate").ok()
	add := func(more ...string) *outcome {
		return p.command(nil, append([]string{"user", "add", "--name", "Standesamt"}, more...)...)
	}
	add("--email", "a@b.example", "--role", "clerk").refused(2, "--municipality is missing")
	add("--email", "a@b.example", "--role", "agent", "--role", "approver").refused(2, "--municipality is missing")
	add("--email", "a@b.example", "--role", "agent", "--municipality", "14625020").refused(2, "leave out --municipality")
	add("--email", "a", "--role", "agent").refused(2, "email")
	add("--email", "Amt <a@b.example>", "--role", "agent").refused(2, "email")
	add("--email", "a@b.example", "--role", "agent", "--role", "agent").refused(2, "role")
	add("--email", "a@b.example", "--role", "clerk", "--municipality", "14625020").refused(1, "import it first")
	add("--email", "a@b.example", "--role", "agent").ok()
}

// TestUnfitQuestionnaires: what is wrong with a default is said in a sentence, and no line is longer than people read.
func TestUnfitQuestionnaires(t *testing.T) {
	p := empty(t, "")
	p.command(nil, "migrate").ok()
	file := filepath.Join(p.dir, "fragebogen.json")
	for text, want := range map[string]string{
		questionnaire(`"type": "url", "default": "javascript:alert(1)"`):                          "/sections/0/fields/0/default: The address must begin with https://.",
		questionnaire(`"type": "money", "default": 5000, "constraints": {"max": 2000}`):           "/sections/0/fields/0/default: The value must be at most €20.00.",
		questionnaire(`"type": "list", "default": [1], "constraints": {"item": {"type": "url"}}`): "/sections/0/fields/0/default/0: ",
		strings.Repeat("[", 100_000): "not JSON at line 1, column ",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o := p.command(nil, "import", "assistant", file)
		if o.code != 1 || !strings.Contains(o.err, want) {
			t.Errorf("%.80s: exit %d, want %q in %.2000s", text, o.code, want, o.err)
		}
		for line := range strings.Lines(o.err) {
			if len(line) > 1000 || strings.Contains(line, "default: https\n") {
				t.Errorf("%.80s: a line of %d bytes: %.200s", text, len(line), line)
			}
		}
	}
}

// questionnaire is a file whose only field is like that.
func questionnaire(field string) string {
	return `{"key": "Test", "title": "Test", "version": 1, "sections": [{"key": "a", "title": "A", "fields": [{"key": "a.b", "label": "B", ` + field + `}]}]}`
}

// TestSeed: demo data once, however often; a generated password is shown once.
func TestSeed(t *testing.T) {
	p := empty(t, "")
	own := []string{"FORMWANDEL_DEMO_PASSWORD="}
	first := p.command(own, "seed").ok()
	password := regexp.MustCompile(`password: ([a-z2-7]{12})  `).FindStringSubmatch(first.out)
	if len(password) != 2 {
		t.Fatalf("no password: %s", first.out)
	}
	heads := p.run("audit", "head")
	second := p.command(own, "seed").ok()
	if strings.Contains(second.out, password[1]) || !strings.Contains(second.out, "shown when the demo data were made") {
		t.Errorf("the second time: %s", second.out)
	}
	if again := p.run("audit", "head"); again != heads {
		t.Errorf("seeding twice wrote\n%s\nbefore\n%s", again, heads)
	}
	if given := p.command([]string{"FORMWANDEL_DEMO_PASSWORD=long-enough"}, "seed").ok(); strings.Contains(given.out, "long-enough") {
		t.Errorf("a password that was given is printed: %s", given.out)
	}
	p.command(nil, "audit", "verify").ok()
}

// TestServeRefusesAnothersKey: a server does not start with a key for protected values that the record does not name, and says what to do.
func TestServeRefusesAnothersKey(t *testing.T) {
	p := newProgram(t, built, "")
	s := p.serve(freeAddr(t)).wait()
	s.stop()
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.database, "sqlite://"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tamper := range []string{"UPDATE settings SET value = '" + strings.Repeat("ab", 32) + "' WHERE name = 'seal'", "DELETE FROM settings WHERE name = 'seal'"} {
		if _, err := db.ExecContext(t.Context(), tamper); err != nil {
			t.Fatal(err)
		}
		o := p.command(nil, "serve")
		if lines := strings.Split(strings.TrimSpace(o.err), "\n"); o.code != 1 || !strings.Contains(lines[len(lines)-1], "setting seal is not the key that the record names") || !strings.Contains(o.err, "audit verify") {
			t.Errorf("%s: exit %d: %s%s", tamper, o.code, o.out, o.err)
		}
		if v := p.command(nil, "audit", "verify"); v.code != 1 || !strings.Contains(v.out, "setting seal: is not") {
			t.Errorf("%s: audit verify: exit %d: %s%s", tamper, v.code, v.out, v.err)
		}
	}
}

// TestToken: nothing but the token; it works, and can be ended.
func TestToken(t *testing.T) {
	p := newProgram(t, built, "")
	o := p.command(nil, "token", "create", "--email", "Sachbearbeitung@Bautzen.example").ok()
	if !regexp.MustCompile(`^fw_[0-9a-f]{48}\n$`).MatchString(o.out) {
		t.Fatalf("token create printed %q", o.out)
	}
	s := p.serve(freeAddr(t)).wait()
	office := &office{TB: t, addrs: []string{s.addr}, tokens: map[string]string{"me": strings.TrimSpace(o.out)}, http: newOfficeClient()}
	if r := office.try(call{who: "me", method: "GET", path: "/api/v1/me"}); r.status != 200 || !strings.Contains(string(r.body), "sachbearbeitung@bautzen.example") {
		t.Errorf("me: %d %s", r.status, r.body)
	}
	short := p.command(nil, "token", "create", "--email", "sachbearbeitung@bautzen.example", "--valid", "8h", "--scope", "read", "--scope", "file").ok()
	office.tokens["short"] = strings.TrimSpace(short.out)
	if r := office.try(call{who: "short", method: "GET", path: "/api/v1/requests"}); r.status != 200 {
		t.Errorf("a token that reads: %d %s", r.status, r.body)
	}
	if r := office.try(call{who: "short", method: "GET", path: "/api/v1/mails"}); r.status != 403 && r.status != 404 {
		t.Errorf("a token that is for less: %d %s", r.status, r.body)
	}
	p.command(nil, "token", "create", "--email", "sachbearbeitung@bautzen.example", "--valid", "30s").refused(2, "--valid")
	p.command(nil, "token", "create", "--email", "sachbearbeitung@bautzen.example", "--scope", "alles").refused(2, "--scope")
	p.command(nil, "token", "revoke", "--email", "sachbearbeitung@bautzen.example").ok()
	if r := office.try(call{who: "me", method: "GET", path: "/api/v1/me"}); r.status != 401 {
		t.Errorf("with a revoked token: %d %s", r.status, r.body)
	}
	if log := s.log.String(); strings.Contains(log, strings.TrimSpace(o.out)) {
		t.Error("the token is in the log")
	}
	p.command(nil, "audit", "verify").ok()
}

// TestAudit: the record proves itself, also against an end of it that was kept elsewhere.
func TestAudit(t *testing.T) {
	p := newProgram(t, built, "")
	heads := p.command(nil, "audit", "head").ok().out
	line := regexp.MustCompile(`(?m)^14625020 (\d+) ([0-9a-f]{64})$`).FindStringSubmatch(heads)
	if line == nil || !regexp.MustCompile(`(?m)^all [^\n]*[0-9a-f]{64}`).MatchString(heads) {
		t.Fatalf("audit head: %s", heads)
	}
	keep := func(text string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "heads")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	kept := keep(heads)
	p.token("sachbearbeitung@bautzen.example") // the record goes on
	if o := p.command(nil, "audit", "verify", "--against", kept).ok(); !strings.HasPrefix(o.out, "whole: ") {
		t.Errorf("verify: %q", o.out)
	}
	for name, old := range map[string]string{
		"another hash": strings.Replace(heads, line[2], strings.Repeat("0", 64), 1), "a longer record": strings.Replace(heads, line[0], "14625020 9999 "+line[2], 1), "another chain": strings.Replace(heads, line[0], "99999999 1 "+line[2], 1),
	} {
		o := p.command(nil, "audit", "verify", "--against", keep(old))
		if o.code != 1 || o.out == "" || strings.Count(o.err, "\n") != 1 {
			t.Errorf("%s: exit %d: %s%s", name, o.code, o.out, o.err)
		}
	}
}
