package mailer

import (
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"formwandel/models/modelstest/prompt"
)

// FuzzMailbox: what may stand in an envelope is one bare address on one line.
func FuzzMailbox(f *testing.F) {
	for _, s := range []string{"", "a@b.de", "a@b@c.de", `"a"@b.de`, "a@[::1]", "a@b.de\r\nRCPT TO:<x@y.de>", "a@b.de> SIZE=1", "=?utf-8?q?a?=@b.de", "ä@b.de", "a@b.de,c@d.de", "a@-", "<a@b.de>", "<a.b@c.de>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer prompt.Answer(t)()
		if isMailbox(s) {
			all, err := netmail.ParseAddressList(s)
			if err != nil || len(all) != 1 || all[0].Address != s || strings.ContainsAny(s, " <>,;:\r\n\x00") || len(s) > 254 {
				t.Errorf("%q: %v, %v", s, all, err)
			}
		}
		if isMessageID(s) && (strings.Count(s, "<") != 1 || strings.Count(s, ">") != 1 || strings.ContainsAny(s, " \r\n\x00")) {
			t.Errorf("%q names a message", s)
		}
	})
}

// FuzzSubject: whatever a subject says, it is printable ASCII in the header and the same when it is read.
func FuzzSubject(f *testing.F) {
	for _, s := range []string{"", "KA-2026-000001 Gebühr", "a\r\nBcc: x@y.de", "=?utf-8?q?a?=", strings.Repeat("ä", 100), "\x00", " a  b ", strings.Repeat("a", 70), "a =?x ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer prompt.Answer(t)()
		if !utf8.ValidString(s) {
			return
		}
		written := encodeSubject(s)
		if written != "" && !isHeader(written) {
			t.Errorf("%q is written %q", s, written)
		}
		if read, err := new(mime.WordDecoder).DecodeHeader(written); err != nil || read != s {
			t.Errorf("%q is written %q and read %q, %v", s, written, read, err)
		}
	})
}
