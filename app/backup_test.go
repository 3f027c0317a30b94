package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"formwandel/models/modelstest"
)

// TestRestore: the same records on another database, no old mail sent, nothing applied twice.
func TestRestore(t *testing.T) {
	from := newPast(t)
	for _, kind := range modelstest.Databases {
		t.Run(kind, func(t *testing.T) {
			database := ""
			if kind == "postgres" {
				database = modelstest.URL(t, kind)
			}
			p := empty(t, database)
			p.settings = []string{rehearsal}
			if o := p.command(nil, "restore", from.backup).ok(); !strings.Contains(o.out, "4 requests") {
				t.Errorf("restore: %s", o.out)
			}
			if got := p.count(); fmt.Sprint(got) != fmt.Sprint(from.counts) {
				t.Errorf("restored %v, want %v", got, from.counts)
			}
			if heads := p.run("audit", "head"); heads != from.heads {
				t.Errorf("heads\n%s\nwant\n%s", heads, from.heads)
			}
			kept := filepath.Join(p.dir, "heads")
			if err := os.WriteFile(kept, []byte(from.heads), 0o600); err != nil {
				t.Fatal(err)
			}
			p.command(nil, "audit", "verify", "--against", kept).ok()
			p.command(nil, "restore", from.backup).refused(1, "not empty")
			p.afterNewYear(from, kept)
		})
	}
}

// afterNewYear lets restored records live on: what is due is applied once, and only new mails are sent.
func (p *program) afterNewYear(from *past, heads string) {
	p.Helper()
	if old := p.waiting(); len(old) != 0 {
		p.Errorf("old mails wait to be sent: %v", old)
	}
	s := p.serve(freeAddr(p), newYear).wait()
	o := newOffice(p, s.addr)
	for _, number := range []string{from.approved, from.sealed} {
		eventually(p, "applied after the restore", func() (bool, string) {
			r := o.get("/api/v1/requests/" + number)
			return r.Status == "applied", string(r.body)
		})
	}
	if fee, _ := o.public(birthForm, "gebuehren.erste"); fee != "2500" {
		p.Errorf("the fee is %s", fee)
	}
	eventually(p, "the new mails are sent", func() (bool, string) { ids := p.waiting(); return len(ids) == 0, fmt.Sprint(ids) })
	s.stop()
	if got := p.count(); got["configurations"] != from.counts["configurations"]+2 {
		p.Errorf("%d versions, want %d and 2", got["configurations"], from.counts["configurations"])
	}
	sent := p.letters()
	for _, old := range from.waiting() {
		if strings.Contains(sent, old) {
			p.Errorf("the old mail %s was sent", old)
		}
	}
	for _, m := range sentMail.FindAllStringSubmatch(p.run("export"), -1) {
		if id := unescaped(m[1]); !strings.Contains(sent, id) && !strings.Contains(from.run("export"), m[1]) {
			p.Errorf("the new mail %s is in no file", id)
		}
	}
	for _, number := range []string{from.approved, from.sealed} {
		if !strings.Contains(sent, "X-Formwandel-Request: "+number) {
			p.Errorf("no mail tells that %s is applied", number)
		}
	}
	if strings.Contains(sent, secret) {
		p.Error("a mail has the protected value")
	}
	p.command(nil, "audit", "verify", "--against", heads).ok()
}

// TestDamagedBackup: a backup that is cut off or changed is refused, and nothing of it stays.
func TestDamagedBackup(t *testing.T) {
	from := newPast(t)
	whole, err := os.ReadFile(from.backup)
	if err != nil {
		t.Fatal(err)
	}
	lines := unpack(t, whole)
	at := func(table string) int {
		i := slices.IndexFunc(lines, func(l []byte) bool { return bytes.Contains(l, []byte(`"t":"`+table+`"`)) })
		if i < 0 {
			t.Fatalf("no %s in the backup", table)
		}
		return i
	}
	event := at("events")
	damaged := map[string][]byte{
		"empty": {}, "no backup": []byte("Formwandel"), "half": whole[:len(whole)/2], "a tenth": whole[:len(whole)/10], "without the last byte": whole[:len(whole)-1], "without the last ten": whole[:len(whole)-10],
		"without its end":     pack(t, lines[:len(lines)-1]),
		"without an event":    pack(t, slices.Concat(lines[:event], lines[event+1:])),
		"an event twice":      pack(t, slices.Concat(lines[:event+1], lines[event:])),
		"of a newer version":  pack(t, slices.Concat([][]byte{bytes.Replace(lines[0], []byte(`"formwandel_backup":1`), []byte(`"formwandel_backup":99`), 1)}, lines[1:])),
		"with another table":  pack(t, slices.Concat(lines[:event], [][]byte{[]byte(`{"t":"sqlite_master","r":{"name":"x"}}`)}, lines[event:])),
		"with another column": pack(t, slices.Concat(lines[:event], [][]byte{bytes.Replace(lines[event], []byte(`"seq":`), []byte(`"x\") --":1,"seq":`), 1)}, lines[event+1:])),
	}
	for _, kind := range modelstest.Databases {
		t.Run(kind, func(t *testing.T) {
			database := ""
			if kind == "postgres" {
				database = modelstest.URL(t, kind)
			}
			p := empty(t, database)
			for name, content := range damaged {
				file := filepath.Join(p.dir, "damaged")
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
				if o := p.command(nil, "restore", file); o.code != 1 || o.out != "" || strings.Count(o.err, "\n") != 1 {
					t.Errorf("%s: exit %d: %s%s", name, o.code, o.out, o.err)
				}
				if got := p.count(); got["requests"]+got["events"]+got["municipalities"] != 0 {
					t.Fatalf("%s: left behind %v", name, got)
				}
			}
			p.command(nil, "restore", from.backup).ok()
			p.command(nil, "audit", "verify").ok()
		})
	}
}

func unpack(t *testing.T, packed []byte) [][]byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(bytes.Lines(text))
}

func pack(t *testing.T, lines [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	for _, l := range lines {
		if _, err := zip.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestExport: what an auditor reads has no secret in it, and one municipality's has nothing of another.
func TestExport(t *testing.T) {
	p := newPast(t)
	token := p.token("admin@kisa.example")
	all := p.run("export")
	for _, bad := range []string{secret, "argon2", "password", "fw_", token, "\"t\":\"tokens\"", "\"t\":\"idempotency\"", "\"t\":\"blobs\"", "\"t\":\"secrets\""} {
		if strings.Contains(all, bad) {
			t.Errorf("the export has %q in it", bad)
		}
	}
	for _, must := range []string{p.applied, p.draft, "gebuehren.erste", "14713000"} {
		if !strings.Contains(all, must) {
			t.Errorf("the export has no %q", must)
		}
	}
	file := filepath.Join(p.dir, "bautzen.jsonl")
	p.command(nil, "export", "--municipality", "14625020", file).ok()
	own, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(own, []byte("14713000")) || bytes.Contains(own, []byte("leipzig")) || !bytes.Contains(own, []byte(p.applied)) {
		t.Error("Bautzen's export has Leipzig in it, or lacks its own")
	}
	p.command(nil, "export", "--municipality", "99999999").refused(1, "municipality")
	backup, err := os.ReadFile(p.backup)
	if err != nil {
		t.Fatal(err)
	}
	if text := bytes.Join(unpack(t, backup), nil); bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte(token)) {
		t.Error("the backup has a protected value or a token in the clear")
	}
}
