package models_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// zipped is a document of the kind that word processors write.
func zipped(entries ...string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			panic(err) // into memory: can't be
		}
		if name == "mimetype" {
			_, _ = w.Write([]byte("application/vnd.oasis.opendocument.text"))
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")

func TestDocumentsAreToldByContent(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		for _, x := range []struct {
			name string
			body []byte
			want string // name it gets, "" for a refusal
			kind models.Kind
		}{
			{"Satzung.pdf", []byte("%PDF-1.7\n1 0 obj"), "Satzung.pdf", ""},
			{"bild.exe", png, "bild.png", ""},
			{"foto.JPG", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "foto.jpg", ""},
			{"notiz", []byte("Grüße aus dem Rathaus\n"), "notiz.txt", ""},
			{"liste.csv", []byte("name,wert\nerste,2000\nzweite,1000\n"), "liste.csv", ""},
			{"Gebühren.csv", []byte("Name;Gebühr\r\nerste Urkunde;20,00\r\nweitere, jede;10,00\r\n"), "Gebühren.csv", ""},
			{"EXPORT.CSV", []byte("\ufeffName;Gebühr;Satz\nerste;20,00;\"§ 1; Absatz 2\"\n"), "EXPORT.csv", ""},
			{"ansi.csv", []byte("Name;Geb\xfchr\r\nerste;20 \x80\r\nzweite, dritte;10 \x80\r\n"), "ansi.csv", ""},
			{"striche.csv", []byte("Name|Wert\nerste|2000\n"), "striche.csv", ""},
			{"tabelle.txt", []byte("Name;Gebühr\r\nerste Urkunde;20,00\r\nweitere, jede;10,00\r\n"), "tabelle.txt", ""},
			{"brief.csv", []byte("Guten Tag;\nanbei die Satzung; sie gilt; ab Januar.\n"), "brief.txt", ""},
			{"zeile.csv", []byte("nur;eine;Zeile"), "zeile.txt", ""},
			{"wort.csv", []byte("Grüße\naus dem\nRathaus\n"), "wort.txt", ""},
			{"spät.csv", append(bytes.Repeat([]byte("a;b\n"), 2000), "c;\x00\n"...), "spät.txt", ""},
			{"kein-ansi.csv", []byte("Name;Wert\nerste;\x81\xfc\n"), "kein-ansi.txt", ""},
			{"seite.csv", []byte("<html>;<script>\nalert(1);</script>\n"), "", models.Unsupported},
			{"skript.csv", []byte("#!/bin/sh\nrm;-rf\nls;-l\n"), "", models.Unsupported},
			{"bild.csv", png, "bild.png", ""},
			{"brief.doc", zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "brief.docx", ""},
			{"brief.odt", zipped("mimetype", "content.xml"), "brief.odt", ""},
			{"seite.pdf", []byte("<!DOCTYPE html><html><script>alert(1)</script></html>"), "", models.Unsupported},
			{"bild.png", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "", models.Unsupported},
			{"seite-davor.pdf", []byte("<html><script>alert(1)</script>%PDF-1.7\n1 0 obj"), "", models.Unsupported},
			{"zeile davor.pdf", []byte("\r\n%PDF-1.7\n1 0 obj"), "zeile davor.pdf", ""},
			{"virus.pdf", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"), "", models.Unsupported},
			{"skript.txt", []byte("#!/bin/sh\nrm -rf /\n"), "", models.Unsupported},
			{"archiv.zip", zipped("a.txt"), "", models.Unsupported},
			{"leer.txt", nil, "", models.Invalid},
			{"gross.txt", bytes.Repeat([]byte("a"), models.MaxAttachment+1), "", models.TooLarge},
		} {
			before := b.rows()
			a, err := b.s.Attach(ctx, b.Clerk, c.Number, x.name, x.body, nil)
			if kindOf(err) != x.kind {
				b.Errorf("%s: %v", x.name, err)
				continue
			}
			if x.want == "" {
				if after := b.rows(); after != before {
					b.Errorf("%s was refused and left %s", x.name, after)
				}
				continue
			}
			got, loan, err := b.s.Attachment(ctx, b.Auditor, c.Number, a.ID)
			b.must(err)
			if csv := strings.HasSuffix(x.want, ".csv"); csv != (got.Type == "text/csv") {
				b.Errorf("%s is kept as %s", x.name, got.Type)
			}
			if got.Name != x.want || !bytes.Equal(loan.Content, x.body) || got.Size != int64(len(x.body)) {
				b.Errorf("%s became %+v (%d bytes)", x.name, got, len(loan.Content))
			}
			loan.Return()
		}
		b.audit()
	})
}

// TestADocumentIsLent: while somebody has a document, everybody who may see it gets the same bytes; afterwards it is read anew.
func TestADocumentIsLent(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		a, err := b.s.Attach(ctx, b.Clerk, c.Number, "beschluss.txt", []byte("ein Beschluss"), nil)
		b.must(err)
		l := listen(b, b.s)
		var out []*models.Loan
		takes := func(u models.User, reads int) {
			b.Helper()
			n := 0
			for _, x := range l.during(func() {
				_, loan, err := b.s.Attachment(ctx, u, c.Number, a.ID)
				b.must(err)
				if string(loan.Content) != "ein Beschluss" {
					b.Errorf("%q", loan.Content)
				}
				out = append(out, loan)
			}) {
				n += strings.Count(x.sql, "FROM blobs")
			}
			if n != reads {
				b.Errorf("read %d times instead of %d", n, reads)
			}
		}
		takes(b.Clerk, 1)
		takes(b.Agent, 0)
		if _, _, err := b.s.Attachment(ctx, b.LeipzigClerk, c.Number, a.ID); kindOf(err) != models.NotFound {
			b.Errorf("somebody else's clerk: %v", err)
		}
		out[0].Return()
		out[0].Return() // once more does no harm
		takes(b.Auditor, 0)
		for _, loan := range out {
			loan.Return()
		}
		takes(b.Agent, 1)
	})
}

// TestADocumentIsReadOnceForAll: of many who come for it at the same moment, one reads it.
func TestADocumentIsReadOnceForAll(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		a, err := b.s.Attach(ctx, b.Clerk, c.Number, "beschluss.txt", bytes.Repeat([]byte("Beschluss "), 100_000), nil)
		b.must(err)
		loans := make([]*models.Loan, 16)
		var wg sync.WaitGroup
		for i := range loans {
			wg.Go(func() {
				_, loan, err := b.s.Attachment(ctx, b.Clerk, c.Number, a.ID)
				if err != nil {
					b.Error(err)
					return
				}
				loans[i] = loan
			})
		}
		wg.Wait()
		for _, loan := range loans {
			if loan == nil || &loan.Content[0] != &loans[0].Content[0] {
				b.Fatal("somebody has read it once more")
			}
		}
	})
}

func TestADocumentIsStoredOnce(t *testing.T) {
	look(t, func(b *behind) {
		first, second := b.file(b.Clerk, fee("2500", "2027-01-01")), b.file(b.Clerk, fee("2600", "2027-02-01"))
		body := []byte("derselbe Beschluss")
		for i, n := range []string{first.Number, first.Number, second.Number} {
			b.must(last(b.s.Attach(ctx, b.Clerk, n, fmt.Sprintf("%d.txt", i), body, nil)))
		}
		if b.number("SELECT count(*) FROM blobs") != 1 || b.number("SELECT count(*) FROM attachments") != 3 {
			b.Error("stored more than once, or not three times attached")
		}
		list, err := b.s.Attachments(ctx, b.Auditor, first.Number)
		if err != nil || len(list) != 2 || list[0].Name != "0.txt" || list[0].Author.Name != b.Clerk.Name || list[0].Blob != list[1].Blob {
			b.Errorf("%+v, %v", list, err)
		}
		errs := make([]error, 16)
		start(16, func(i int) {
			errs[i] = last(b.s.Attach(ctx, b.Clerk, []string{first.Number, second.Number}[i%2], "x.txt", []byte("alle zugleich"), nil))
		})
		for _, err := range errs {
			b.must(err)
		}
		if n := b.number("SELECT count(*) FROM blobs"); n != 2 {
			b.Errorf("%d contents", n)
		}
	})
}

func TestThereIsRoomForTwentyDocuments(t *testing.T) {
	look(t, func(b *behind) {
		many, big := b.file(b.Clerk, fee("2500", "2027-01-01")), b.file(b.Clerk, fee("2600", "2027-02-01"))
		errs := make([]error, 24)
		start(24, func(i int) {
			errs[i] = last(b.s.Attach(ctx, b.Clerk, many.Number, "x.txt", fmt.Appendf(nil, "Blatt %d", i), nil))
		})
		refused := 0
		for _, err := range errs {
			if err != nil && kindOf(err) != models.Conflict {
				b.Error(err)
			}
			if err != nil {
				refused++
			}
		}
		if n := b.number("SELECT count(*) FROM attachments"); n != 20 || refused != 4 {
			b.Errorf("%d documents, %d refused", n, refused)
		}
		for i := range 6 {
			err := last(b.s.Attach(ctx, b.Clerk, big.Number, "x.txt", bytes.Repeat([]byte{byte('a' + i)}, models.MaxAttachment), nil))
			if want := map[bool]models.Kind{true: models.TooLarge}[i == 5]; kindOf(err) != want {
				b.Errorf("document %d of 10 MB: %v", i, err)
			}
		}
	})
}

// TestATownHasRoomForFiveGigabytes: the documents of a municipality together are bounded, to the byte; its neighbours feel nothing of it.
func TestATownHasRoomForFiveGigabytes(t *testing.T) {
	look(t, func(b *behind) {
		const town = 5 << 30
		old, c := b.file(b.Clerk, fee("2500", "2027-01-01")), b.file(b.Clerk, fee("2600", "2027-02-01"))
		neighbour := b.file(b.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Submit: true, Content: fee("2700", "2027-01-01").Content})
		b.must(last(b.s.Attach(ctx, b.Clerk, old.Number, "a.txt", []byte("alt"), nil)))
		body := []byte("zehn Bytes")
		fill := func(size int) {
			b.Helper()
			if _, err := b.db.Exec(b.dollars("UPDATE attachments SET size = ? WHERE name = 'a.txt'"), size); err != nil {
				b.Fatal(err)
			}
		}
		fill(town - len(body) + 1)
		before := b.rows()
		err := last(b.s.Attach(ctx, b.Clerk, c.Number, "b.txt", body, nil))
		var e *models.Error
		if !errors.As(err, &e) || e.Kind != models.TooLarge || e.Code != "attachments_town_full" || e.Args["max"] != 5 {
			b.Errorf("one byte too many: %v", err)
		}
		if after := b.rows(); after != before {
			b.Errorf("it was refused and left %s", after)
		}
		b.must(last(b.s.Attach(ctx, b.LeipzigClerk, neighbour.Number, "b.txt", body, nil)))
		fill(town - len(body))
		b.must(last(b.s.Attach(ctx, b.Clerk, c.Number, "b.txt", body, nil)))
		if err := last(b.s.Attach(ctx, b.Clerk, c.Number, "c.txt", []byte("x"), nil)); kindOf(err) != models.TooLarge {
			b.Errorf("full, and one more: %v", err)
		}
	})
}

func TestDocumentsWhoAndWhen(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		for u, want := range map[*models.User]models.Kind{&b.Approver: "", &b.Agent: "", &b.Lead: "", &b.Auditor: models.Forbidden, &b.Admin: models.Forbidden, &b.TenantAdmin: models.Forbidden} {
			if err := last(b.s.Attach(ctx, *u, c.Number, "x.txt", []byte("Text"), nil)); kindOf(err) != want {
				b.Errorf("%s: %v", u.Name, err)
			}
		}
		b.do(b.Clerk, c.Number, models.Withdraw, "")
		if err := last(b.s.Attach(ctx, b.Clerk, c.Number, "x.txt", []byte("Text"), nil)); kindOf(err) != models.Conflict {
			b.Errorf("after the end: %v", err)
		}
	})
}

// TestFileNamesAreHarmless: no sign in a name means anything to a header, a shell or a path.
func TestFileNamesAreHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"Gebührensatzung 2027 (neu).pdf": "Gebührensatzung 2027 (neu).pdf",
		"../../etc/passwd":               "passwd.pdf",
		`C:\Users\amt\Satzung.docx`:      "Satzung.pdf",
		"..":                             "anlage.pdf", ".": "anlage.pdf", "": "anlage.pdf", "/": "anlage.pdf", ".htaccess": "anlage.pdf", "...": "anlage.pdf", " . ": "anlage.pdf",
		"a\r\nContent-Type: text.html": "aContent-Type text.pdf",
		`a"; filename="b.exe`:          "a filenameb.pdf",
		"a\x00b.pdf":                   "ab.pdf",
		"\u202egpj.exe":                "gpj.pdf",
		"a\u200b\ufeff\u2066b":         "ab.pdf",
		"<script>.pdf":                 "script.pdf",
		"%2e%2e%2f.pdf":                "2e2e2f.pdf",
		"\xff\xfe.pdf":                 "anlage.pdf",
		"🙂.pdf":                        "anlage.pdf",
	} {
		if got := models.FileName(name, "application/pdf"); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{strings.Repeat("ä", 300), strings.Repeat("a", 300) + ".pdf", strings.Repeat("../", 100) + "x", "a\r\nX-Evil: 1\r\n\r\nbody.pdf", "a\nb", "a\u2028b", "a;b", "a'b", "a`b$(c)", "a|b&c", "a*?b", "=cmd()", "con:", "\x1b[31m"} {
		got := models.FileName(name, "text/plain")
		if utf8.RuneCountInString(got) > 104 || !strings.HasSuffix(got, ".txt") || strings.ContainsAny(got, "\r\n\"'`$;|&*?:<>/\\%=\x00\x1b\u2028") || strings.HasPrefix(got, ".") {
			t.Errorf("%.40q became %q", name, got)
		}
	}
}

// TestCommentsAreEvents: said in any state, read in order, each to those it is for.
func TestCommentsAreEvents(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		version := c.Version
		b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, "  erstens\r\nund \u202ezweitens  ", false, nil)))
		b.must(last(b.s.Comment(ctx, b.Lead, c.Number, "unter uns", true, nil)))
		b.do(b.Clerk, c.Number, models.Withdraw, "")
		b.must(last(b.s.Comment(ctx, b.Approver, c.Number, "schade", false, nil)))
		said := func(u models.User) []string {
			hs, _, err := b.s.Comments(ctx, u, c.Number, "", 0)
			b.must(err)
			return keys(hs, func(h models.History) string { return fmt.Sprintf("%s: %s", h.Actor.Name, h.Comment) })
		}
		want := []string{"Sachbearbeitung Bautzen: erstens\nund zweitens", "Freigabe KISA: unter uns", "Freigabe Bautzen: schade"}
		if got := said(b.Auditor); fmt.Sprint(got) != fmt.Sprint(want) {
			b.Errorf("the auditor reads %q", got)
		}
		if got := said(b.TenantAdmin); fmt.Sprint(got) != fmt.Sprint([]string{want[0], want[2]}) {
			b.Errorf("the municipality reads %q", got)
		}
		hs, _, err := b.s.Events(ctx, b.Clerk, c.Number, "", 0)
		for _, h := range hs {
			if h.Internal || h.Comment == "unter uns" {
				b.Errorf("the municipality reads %+v", h)
			}
		}
		b.must(err)
		if got := b.get(c.Number); got.Version != version+1 {
			b.Errorf("comments moved the version to %d", got.Version)
		}
		for text, field := range map[string]string{"": "text", " \u200b\n": "text", strings.Repeat("ä", 5001): "text", "a\x00b": "text", "\xff": "text", "\x1b[31m": "text"} {
			if err := last(b.s.Comment(ctx, b.Clerk, c.Number, text, false, nil)); kindOf(err) != models.Invalid {
				b.Errorf("%.20q: %v, want it to name %s", text, err, field)
			}
		}
		b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, strings.Repeat("ä", 5000), false, nil)))
		if err := last(b.s.Comment(ctx, b.Clerk, c.Number, "geheim", true, nil)); kindOf(err) != models.Invalid {
			b.Errorf("an internal note of the municipality: %v", err)
		}
		if err := last(b.s.Comment(ctx, b.Auditor, c.Number, "nur so", false, nil)); kindOf(err) != models.Forbidden {
			b.Errorf("the auditor speaks: %v", err)
		}
		b.audit()
	})
}
