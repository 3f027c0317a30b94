package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestARecordThatWentBackIsSeen: whoever puts an earlier copy of the whole database back, seals and all, is seen within seconds by
// the server, and by an audit, until the operator says that it was meant.
func TestARecordThatWentBackIsSeen(t *testing.T) {
	p := newProgram(t, built, "", rehearsal)
	s := p.serve(freeAddr(t), advent, noMail).wait()
	o := newOffice(p, s.addr)
	file := func(key string) {
		o.must(key, "sachbearbeitung@bautzen.example", http.MethodPost, "/api/v1/requests", map[string]any{"form": birthForm, "wish": "Bitte " + key + "."})
	}
	note := filepath.Join(p.dir, "data", "ends.txt")
	file("a")
	noted := func() string { text, _ := os.ReadFile(note); return string(text) }
	eventually(t, "the ends are noted", func() (bool, string) { return noted() != "", "no note" })
	s.stop()
	before := p.keepDatabase()
	s = p.serve(freeAddr(t), advent, noMail).wait()
	o.addrs[0] = s.addr
	chain := func() string { // where Bautzen's ends
		_, line, _ := strings.Cut(noted(), "\n14625020 ")
		line, _, _ = strings.Cut(line, "\n")
		return line
	}
	first := chain()
	file("b")
	eventually(t, "the ends are noted anew", func() (bool, string) { return chain() != first, "the old note" })
	file("c") // and a server that stops notes what has come since
	s.stop()
	if got, want := chain(), strings.TrimSpace(p.run("audit", "head")); !strings.Contains(want, "14625020 "+got+"\n") {
		t.Errorf("the last note is %s, the record ends at\n%s", got, want)
	}
	last := noted()
	p.command(nil, "audit", "verify").ok()
	before()
	s = p.serve(freeAddr(t), advent, noMail).wait()
	eventually(t, "the log says so", func() (bool, string) {
		said := s.log.String()
		return strings.Contains(said, "gone back to an earlier moment"), said
	})
	s.stop()
	if noted() != last {
		t.Error("the evidence is overwritten")
	}
	if got := p.command(nil, "audit", "verify"); got.code != 1 || !strings.Contains(got.out, "the server's note") {
		t.Errorf("status %d: %s", got.code, got.out)
	}
	if err := os.Rename(note, note+".old"); err != nil {
		t.Fatal(err)
	}
	p.command(nil, "audit", "verify").ok()
}

// TestRowsMovedPastAServerAreSeen: a server says within seconds that somebody has changed a row beside it, and an audit names it.
func TestRowsMovedPastAServerAreSeen(t *testing.T) {
	p := newProgram(t, built, "", rehearsal)
	s := p.serve(freeAddr(t), advent, noMail).wait()
	p.exec("UPDATE municipalities SET seal = seal || 'x' WHERE ags = '14625020'")
	eventually(t, "the log says so", func() (bool, string) {
		said := s.log.String()
		return strings.Contains(said, "taken away past the program") && strings.Contains(said, "municipalities (14625020)"), said
	})
	s.stop()
	got := p.command(nil, "audit", "verify")
	if got.code != 1 || !strings.Contains(got.out, "past the program") || !strings.Contains(got.out, "table municipalities: ") {
		t.Errorf("status %d: %s", got.code, got.out)
	}
}

// keepDatabase copies a SQLite database that nobody has open; put puts the copy back.
func (p *program) keepDatabase() (put func()) {
	p.Helper()
	files := map[string][]byte{}
	for _, end := range []string{"", "-wal", "-shm"} {
		name := filepath.Join(p.dir, "formwandel.db"+end)
		content, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			p.Fatal(err)
		}
		files[name] = content
	}
	return func() {
		p.Helper()
		for name, content := range files {
			err := os.WriteFile(name, content, 0o600)
			if content == nil {
				err = os.Remove(name)
			}
			if err != nil && !os.IsNotExist(err) {
				p.Fatal(err)
			}
		}
	}
}
