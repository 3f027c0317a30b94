package handlers_test

import (
	"compress/flate"
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// TestHostileEncodings: a compressed body is refused before anybody inflates it.
func TestHostileEncodings(t *testing.T) {
	s := newSiege(t)
	const inflated = 256 << 20
	bomb := Packed(t, inflated, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestCompression) })
	flat := Packed(t, inflated, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	form, kind := s.form(part{"file", "a.pdf", string(bomb)})
	var attacks []attack
	for name, h := range map[string][]string{
		"gzip": {"Content-Encoding", "gzip"}, "x-gzip": {"Content-Encoding", "x-gzip"}, "upper case": {"content-encoding", "GZIP"}, "br": {"Content-Encoding", "br"}, "zstd": {"Content-Encoding", "zstd"},
		"identity": {"Content-Encoding", "identity"}, "two in one": {"Content-Encoding", "gzip, gzip"}, "two headers": {"Content-Encoding", "identity", "Content-Encoding", "gzip"}, "an empty one first": {"Content-Encoding", "", "Content-Encoding", "gzip"},
	} {
		attacks = append(attacks,
			attack{name, call{s.Clerk, "POST", requests, bomb, h}, 415, "content_encoding"},
			attack{name + " without a token", call{nobody, "POST", requests, bomb, h}, 415, "content_encoding"},
			attack{name + " in a form", call{s.Clerk, "POST", s.path + "/attachments", form, append([]string{"Content-Type", kind}, h...)}, 415, "content_encoding"},
		)
	}
	attacks = append(attacks, attack{"deflate", call{s.Clerk, "POST", requests, flat, []string{"Content-Encoding", "deflate"}}, 415, "content_encoding"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.repel(attacks)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > inflated {
		t.Errorf("%d attacks took %d MB", len(attacks), used>>20)
	}
}

// TestHostileFiles: what is no single harmless document is refused.
func TestHostileFiles(t *testing.T) {
	s := newSiege(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var attacks []attack
	upload := func(name string, status int, code string, parts ...part) {
		body, kind := s.form(parts...)
		attacks = append(attacks, attack{name, call{s.Clerk, "POST", s.path + "/attachments", body, []string{"Content-Type", kind}}, status, code})
	}
	raw := func(name, kind, body string, status int, code string) {
		attacks = append(attacks, attack{name, call{s.Clerk, "POST", s.path + "/attachments", body, []string{"Content-Type", kind}}, status, code})
	}
	upload("no file", 422, "one_file")
	upload("a field and no file", 422, "one_file", part{"file", "", "text"})
	upload("another field", 422, "one_file", part{"document", "a.pdf", pdf})
	upload("two files", 422, "one_file", part{"file", "a.pdf", pdf}, part{"file", "b.pdf", pdf})
	upload("a file in another field too", 422, "one_file", part{"file", "a.pdf", pdf}, part{"logo", "b.pdf", pdf})
	upload("a field beside it", 422, "one_file", part{"file", "a.pdf", pdf}, part{"request_id", "", "7"})
	upload("empty", 422, "file_empty", part{"file", "a.pdf", ""})
	upload("too large", 413, "attachment_too_large", part{"file", "a.txt", strings.Repeat("a", 10<<20+1)})
	for name, content := range map[string]string{
		"HTML": "<!DOCTYPE html><script>alert(1)</script>", "SVG": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "ELF": "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00", "a script": "#!/bin/sh\nrm -rf /",
		"a ZIP": "PK\x03\x04\x14\x00\x00\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "GZIP": "\x1f\x8b\x08\x00aaaaaaaa", "Windows": "MZ\x90\x00\x03", "bytes": "\x00\x01\x02\x03\xff\xfe", "XML": `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`, "GIF": "GIF89a\x01\x00\x01\x00",
	} {
		upload("a PDF by name, by content "+name, 415, "attachment_type", part{"file", "a.pdf", content})
	}
	raw("JSON", "application/json", "{}", 415, "multipart_expected")
	raw("mixed", "multipart/mixed; boundary=x", "--x--", 415, "multipart_expected")
	raw("no boundary", "multipart/form-data", "--x--", 400, "not_multipart")
	raw("another boundary", "multipart/form-data; boundary=y", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n", 400, "not_multipart")
	raw("cut off", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx", 400, "not_multipart")
	raw("header without end", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"", 422, "one_file")
	raw("empty", "multipart/form-data; boundary=x", "", 400, "not_multipart")
	raw("a part without a name", "multipart/form-data; boundary=x", "--x\r\n\r\nx\r\n--x--\r\n", 422, "one_file")
	raw("very many parts", "multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n", 20_000)+"--x--\r\n", 400, "not_multipart")
	for _, id := range []string{"0", "-1", "1e3", "9223372036854775808", "999", "..", "..%2f..%2fetc%2fpasswd", "%2e%2e", "1%00", "1;2", "1%20OR%201=1", "a.pdf", "01x"} {
		attacks = append(attacks, attack{"download " + id, call{s.Clerk, "GET", s.path + "/attachments/" + id, nil, nil}, 404, "not_found"})
	}
	for name, content := range hostileContents {
		for _, called := range []string{"a.pdf", "a.png", "a.docx", "a.csv"} {
			upload(called+" with "+name, 415, "attachment_type", part{"file", called, content})
		}
	}
	s.repel(attacks)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
	Score(t, "S39", "uploads that are no single harmless document (programs, HTML, SVG, archives, cut off, 20,000 parts)", len(attacks), "all refused, nothing written, no temporary file")
}

// hostileContents are what no office sends, whatever it is called.
var hostileContents = map[string]string{
	"HTML behind blanks": "  \n<html><body onload=alert(1)>", "HTML with a BOM": "\xef\xbb\xbf<!doctype html><script>1</script>", "XHTML": `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`,
	"SVG behind XML": `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, "RAR": "Rar!\x1a\x07\x00aaaaaaaaaaaaa", "7z": "7z\xbc\xaf\x27\x1c\x00\x04", "XZ": "\xfd7zXZ\x00aaaa", "BZIP2": "BZh91AY&SY", "a class": "\xca\xfe\xba\xbe\x00\x00\x00\x34",
	"an old Word file": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "Flash": "FWS\x09aaaa", "WebAssembly": "\x00asm\x01\x00\x00\x00", "PHP": "<?php system($_GET['x']); ?>", "Python": "#!/usr/bin/env python3\nimport os\n",
	"RTF": `{\rtf1\object}`, "a Mach-O": "\xfe\xed\xfa\xcf\x00\x00\x00\x01", "SQLite": "SQLite format 3\x00aaaa", "an OLE link": "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00",
}

// TestHostileFileNames: whatever a file is called, it is downloaded under a harmless name.
func TestHostileFileNames(t *testing.T) {
	s := newSiege(t)
	n := 0
	for sent, want := range map[string]string{
		"../../etc/passwd": "passwd.pdf", `..\..\windows\system.ini`: "system.pdf", "a\r\nX-Evil: 1": "", `a";filename="b.exe`: "", "rechnung\u202efdp.exe": "rechnungfdp.pdf", ".htaccess": "anlage.pdf", "C:\\x.pdf": "x.pdf",
		"<img src=x onerror=alert(1)>.pdf": "", "CON": "CON.pdf", strings.Repeat("ä", 300) + ".pdf": strings.Repeat("ä", 100) + ".pdf", "a\x00.pdf": "", strings.Repeat("n", 255): strings.Repeat("n", 100) + ".pdf", "a%0d%0aX-Evil: 1.pdf": "", "a\u2028b.html": "ab.pdf", "x.pdf.exe": "x.pdf.pdf", "-rf": "-rf.pdf", "~/x": "x.pdf", "\u200b.pdf": "anlage.pdf", "=1+1.csv": "11.pdf", "   ": "anlage.pdf",
	} {
		n++
		r := s.attach(s.Clerk, s.number, []part{{"file", sent, pdf}})
		if r.status == 400 || r.status == 422 {
			continue // not readable as a form
		}
		name := r.is(201).text("name")
		if want != "" && name != want {
			t.Errorf("%q is called %q, want %q", sent, name, want)
		}
		if !strings.HasSuffix(name, ".pdf") || strings.ContainsAny(name, "/\\\"<>\r\n\x00;=") {
			t.Errorf("%q is called %q", sent, name)
		}
		got := s.get(s.Clerk, r.text("href")[len(base):]).is(200)
		if d := got.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename") || got.header.Get("X-Evil") != "" {
			t.Errorf("%q is sent as %q", sent, d)
		}
		if p := got.header.Get("Content-Security-Policy"); p != "default-src 'none'; sandbox" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q is sent under %q", sent, p)
		}
	}
	Score(t, "S39", "names of files (ways out, line ends, 255 bytes, bidirectional signs, two endings)", n, "all harmless, always as a download in a sandbox")
}
