package models

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"formwandel/models/modelstest/prompt"
)

// FuzzCursor: a place in a list is refused, or it is the place that the list itself would write.
func FuzzCursor(f *testing.F) {
	due := time.Date(2027, 1, 1, 9, 30, 0, 5000, time.UTC)
	for _, c := range []string{
		"", "c:", "x", "YzoxMg", cursorID(0), cursorID(4711), cursorID(-1), cursorText("14625020"), cursorText("a|b"), cursorText("\xff"), cursorText("a\x00"),
		cursorOf("-number", &Request{ID: 7}), cursorOf("due", &Request{ID: 7, DueAt: &due}), cursorOf("-due", &Request{ID: 7}), cursorText("2027-01-01|1|2027-01-01T00:00:00+01:00|9"), cursorText("2027-02-30|1|2027|9"),
	} {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, c string) {
		defer prompt.Answer(t)()
		for _, c := range []string{c, cursorText(c)} {
			if id, err := idCursor(c); err == nil {
				if again, err := idCursor(cursorID(id)); err != nil || again != id || id < 0 {
					t.Errorf("%q is %d, then %d, %v", c, id, again, err)
				}
			}
			if text, err := textCursor(c); err == nil {
				if again, err := textCursor(cursorText(text)); err != nil || again != text || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
					t.Errorf("%q is %q, then %q, %v", c, text, again, err)
				}
			}
			if at, err := readSpot(c); err == nil && at != (spot{}) { // else the beginning
				if again, err := readSpot(at.cursor()); err != nil || again.compare(at) != 0 {
					t.Errorf("%q is %v, then %v, %v", c, at, again, err)
				}
			}
		}
		for sort := range sorts {
			at, err := readCursor(&Filter{Sort: sort, Cursor: c})
			if err != nil || at.due.UTC().Year() < 0 || at.due.UTC().Year() > 9999 {
				continue
			}
			again, err := readCursor(&Filter{Sort: sort, Cursor: cursorOf(sort, &Request{ID: at.id, DueAt: &at.due})})
			if err != nil || again.id != at.id || !again.due.Equal(at.due) {
				t.Errorf("%q is %v, then %v, %v", c, at, again, err)
			}
		}
	})
}

// FuzzAttachment: a document is refused, or it is of a type that is taken; an archive then unpacks to what it says, in bounds.
func FuzzAttachment(f *testing.F) {
	for _, s := range []string{"", "%PDF-1.7\n", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0\x00\x10JFIF", "a;b\n1;2\n", "Guten Tag", "<html>", "PK\x03\x04", "PK\x05\x06" + strings.Repeat("\x00", 18)} {
		f.Add([]byte(s))
	}
	for _, entries := range [][]string{
		{"[Content_Types].xml", "<x/>", "word/document.xml", "<w/>"}, {"[Content_Types].xml", "<x/>", "xl/workbook.xml", "<w/>"},
		{"mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<o/>"}, {"mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<o/>"},
		{"word/document.xml", strings.Repeat("a", 3000)}, {"[Content_Types].xml", "", "word/../../a", ""}, {"word/vbaProject.bin", "a"}, {"word/a.xml", "PK\x03\x04"},
	} {
		f.Add(packed(f, entries...))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		defer prompt.Answer(t)()
		kind, err := contentType(body)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%v", err)
		}
		if soundArchive(body) == nil {
			unpackAll(t, body)
		} else if err == nil && strings.Contains(kind, "document") {
			t.Errorf("%s is taken unsound", kind)
		}
		if _, known := attachmentTypes[kind]; err == nil && !known {
			t.Errorf("%q is taken", kind)
		}
	})
}

// unpackAll does what somebody does who opens the document.
func unpackAll(t *testing.T, body []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, entry := range z.File {
		in, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, in)
		if total += n; err != nil || total > maxUnpacked || strings.Contains(entry.Name, "..") {
			t.Errorf("%q: %d bytes, %v", entry.Name, total, err)
		}
	}
}

// FuzzFileName: whatever a document was called, its name is harmless, of its type, and stays as it is.
func FuzzFileName(f *testing.F) {
	for _, s := range []string{"", "a.pdf", "../../etc/passwd", `C:\a\b.exe`, "a\x00.pdf", "\u202efdp.exe", "a\r\nX: 1", strings.Repeat("ä ", 90), "...", "con.txt", "\xff", "a;b=\"c\"", " .a. "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer prompt.Answer(t)()
		name := fileName(s, "application/pdf")
		stem, ending := strings.CutSuffix(name, ".pdf")
		odd := func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_ .()", r)
		}
		if !ending || stem == "" || strings.HasPrefix(stem, ".") || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 104 || strings.ContainsFunc(name, odd) {
			t.Errorf("%q is called %q", s, name)
		}
		if again := fileName(name, "application/pdf"); again != name {
			t.Errorf("%q is called %q, then %q", s, name, again)
		}
	})
}

// FuzzEmail: an address of an account is one bare address that nothing can be hung on.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"", "a@b.de", "clerk@bautzen.example", "a@b@c", `"a b"@c.de`, "a@[127.0.0.1]", "<a@b.de>", "A <a@b.de>", "a@b.de,c@d.de", "a@b.de\r\nBcc: x@y.de", "ä@b.de", "=?utf-8?q?a?=@b.de", "a@b.de (c)", ".a@b.de", "a%b@c.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer prompt.Answer(t)()
		if !isEmail(s) {
			return
		}
		all, err := mail.ParseAddressList(s)
		if err != nil || len(all) != 1 || all[0].Address != s || all[0].Name != "" || len(s) > maxEmail || strings.Count(s, "@") == 0 {
			t.Errorf("%q: %v, %v", s, all, err)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>,;", r) }) {
			t.Errorf("%q is an address", s)
		}
	})
}
