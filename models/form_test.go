package models_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	. "formwandel/models/modelstest"
)

// newer is a built-in questionnaire in a later version.
func newer(t testing.TB, assistant string, version int, change func(d map[string]any)) *definition.Definition {
	t.Helper()
	defs, err := definition.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(defs, func(d *definition.Definition) bool { return d.Key == assistant })
	var m map[string]any
	if err := json.Unmarshal(defs[i].JSON(), &m); err != nil {
		t.Fatal(err)
	}
	m["version"] = version
	change(m)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d, err := definition.Read(bytes.NewReader(text), "newer")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVersionsTellWhoAndWhy(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, wordingOf("Zimmer 1"))
		b.approved(c.Number)
		b.knock()
		b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)))
		b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil))) // twice the same is once
		vs, next, err := b.s.Versions(ctx, b.Clerk, Bautzen, Birth, "", 0)
		if err != nil || next != "" || len(vs) != 3 {
			b.Fatalf("%d versions, %v", len(vs), err)
		}
		got := keys(vs, func(v models.Version) string {
			return fmt.Sprintf("%d %s by %s %s: %s", v.Number, v.Cause, v.Actor.Name, v.Request, v.Values["kontakt.ansprechstelle"])
		})
		want := []string{`3 maintenance by Mandant Bautzen : "Zimmer 1"`, `2 apply by Formwandel ` + c.Number + `: "Zimmer 1"`, `1 initial by Formwandel : "Standesamt"`}
		if !slices.Equal(got, want) {
			b.Errorf("got  %q\nwant %q", got, want)
		}
		diff, err := b.s.Diff(ctx, b.Clerk, Bautzen, Birth, 1, 3)
		if err != nil || len(diff) != 1 || diff[0].Field.Key != "kontakt.ansprechstelle" || diff[0].Old != `"Standesamt"` || diff[0].New != `"Zimmer 1"` {
			b.Errorf("%+v, %v", diff, err)
		}
		back, err := b.s.Diff(ctx, b.Clerk, Bautzen, Birth, 3, 1)
		if err != nil || len(back) != 1 || back[0].Old != diff[0].New || back[0].New != diff[0].Old {
			b.Errorf("back: %+v, %v", back, err)
		}
		if none, err := b.s.Diff(ctx, b.Clerk, Bautzen, Birth, 2, 3); err != nil || none == nil || len(none) != 0 {
			b.Errorf("between equals: %+v, %v", none, err)
		}
		for _, pair := range [][2]int64{{1, 4}, {0, 1}, {-1, 1}, {9, 9}} {
			if _, err := b.s.Diff(ctx, b.Clerk, Bautzen, Birth, pair[0], pair[1]); kindOf(err) != models.NotFound {
				b.Errorf("%v: %v", pair, err)
			}
		}
		if _, err := b.s.Version(ctx, b.Clerk, Bautzen, Birth, 4); kindOf(err) != models.NotFound {
			b.Errorf("version 4: %v", err)
		}
	})
}

func TestAFormOnADay(t *testing.T) {
	look(t, func(b *behind) {
		value := func(day string) string {
			f, err := b.s.FormOn(ctx, b.Clerk, Bautzen, Birth, day)
			if err != nil {
				return string(kindOf(err))
			}
			return string(f.Values["gebuehren.erste"])
		}
		b.approved(b.file(b.Clerk, fee("2500", "2027-01-01")).Number)
		march := fee("2800", "2027-03-01")
		march.Content.Effective.Until = "2027-03-31"
		b.approved(b.file(b.Clerk, march).Number)
		for day, want := range map[string]string{
			"2026-11-22": "not_found", "2026-11-23": "2000", "2026-12-31": "2000", "2027-01-01": "2500", "2027-02-28": "2500", "2027-03-01": "2800", "2027-03-31": "2800", "2027-04-01": "2500", "2099-12-31": "2500",
			"": "invalid", "2027-02-29": "invalid", "heute": "invalid",
		} {
			if got := value(day); got != want {
				b.Errorf("on %s: %s, want %s", day, got, want)
			}
		}
		b.at("2027-01-01 00:00:00")
		b.at("2027-01-05 12:00:00")
		for day, want := range map[string]string{"2026-12-31": "2000", "2027-01-01": "2500", "2027-01-04": "2500", "2027-03-15": "2800", "2027-06-01": "2500"} {
			if got := value(day); got != want {
				b.Errorf("later, on %s: %s, want %s", day, got, want)
			}
		}
		b.holds("gebuehren.erste", "2500")
	})
}

// read reads a public answer.
func (b *behind) public(s *models.Store, assistant string) (etag string, answer map[string]any) {
	b.Helper()
	p, err := s.Public(ctx, Bautzen, assistant)
	b.must(err)
	b.must(json.Unmarshal(p.Body, &answer))
	return p.ETag, answer
}

// TestThePublicAnswer changes its ETag with its bytes, and hides what it must.
func TestThePublicAnswer(t *testing.T) {
	look(t, func(b *behind) {
		tags := map[string]string{}
		look := func(when string) map[string]any {
			b.Helper()
			p, err := b.s.Public(ctx, Bautzen, Birth)
			b.must(err)
			if body, ok := tags[p.ETag]; ok && body != string(p.Body) {
				b.Errorf("%s: one ETag, two bodies", when)
			}
			for tag, body := range tags {
				if tag != p.ETag && body == string(p.Body) {
					b.Errorf("%s: one body, two ETags", when)
				}
			}
			if !strings.HasPrefix(p.ETag, `"`) || !strings.HasSuffix(p.ETag, `"`) || len(p.ETag) < 18 {
				b.Errorf("%s: ETag %s", when, p.ETag)
			}
			tags[p.ETag] = string(p.Body)
			again, err := b.s.Public(ctx, Bautzen, Birth)
			if err != nil || again.ETag != p.ETag || !bytes.Equal(again.Body, p.Body) {
				b.Errorf("%s: two answers, %v", when, err)
			}
			var a map[string]any
			b.must(json.Unmarshal(p.Body, &a))
			return a
		}
		first := look("at first")
		if first["maintenance"] != false || first["version"] != 1.0 || first["values"].(map[string]any)["gebuehren.erste"] != 2000.0 {
			b.Errorf("at first: %v", first)
		}
		c := b.file(b.Clerk, wordingOf("Zimmer 1"))
		look("filed")
		b.approved(c.Number)
		look("approved")
		if len(tags) != 1 {
			b.Error("what is only planned is public")
		}
		b.knock()
		if a := look("applied"); a["values"].(map[string]any)["kontakt.ansprechstelle"] != "Zimmer 1" || len(tags) != 2 {
			b.Errorf("applied: %v", a)
		}
		b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)))
		if a := look("in maintenance"); a["maintenance"] != true || a["values"] != nil {
			b.Errorf("in maintenance: %v", a)
		}
		b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, false, nil)))
		look("back")
		if len(tags) != 4 { // each version is named in the answer
			b.Errorf("%d different answers", len(tags))
		}
		for _, key := range [][2]string{{Bautzen, "x"}, {"14999999", Birth}, {"", ""}, {Bautzen, ""}, {Bautzen, strings.ToLower(Birth)}} {
			if _, err := b.s.Public(ctx, key[0], key[1]); kindOf(err) != models.NotFound {
				b.Errorf("%v: %v", key, err)
			}
		}
	})
}

// TestPublishedIsRead: no answer from before a change is given after it, however many ask meanwhile.
func TestPublishedIsRead(t *testing.T) {
	look(t, func(b *behind) {
		for i := range 60 {
			on := i%2 == 0
			start(6, func(who int) {
				if who > 0 {
					b.s.Unpublish("")
					if _, err := b.s.Public(ctx, Bautzen, Birth); err != nil {
						b.Error(err)
					}
					return
				}
				if err := last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, on, nil)); err != nil {
					b.Error(err)
				}
			})
			if _, a := b.public(b.s, Birth); a["maintenance"] != on || a["version"] != float64(i+2) {
				b.Fatalf("after switch %d: %v", i, a)
			}
		}
	})
}

// protectedField finds a protected field of a questionnaire.
func protectedField(d *definition.Definition) fields.Field {
	for _, f := range d.Fields() {
		if f.Type == fields.Protected {
			return f
		}
	}
	return fields.Field{}
}

// TestAProtectedValueIsNowhere: it is changed like any other, and can be read nowhere.
func TestAProtectedValueIsNowhere(t *testing.T) {
	look(t, func(b *behind) {
		const secret = "Geh3im-Kanarienvogel"
		f, err := b.s.Form(ctx, b.Clerk, Bautzen, Trade)
		b.must(err)
		field := protectedField(f.Definition)
		if field.Key == "" {
			b.Fatal("no protected field")
		}
		in := models.FileInput{Form: Bautzen + "/" + Trade, Submit: true, Content: models.Content{
			Effective: &models.EffectiveInput{Kind: "by", Date: "2027-01-31"}, Changes: &[]models.ChangeInput{{Field: field.Key, New: []byte(`"` + secret + `"`)}},
		}}
		c := b.file(b.Clerk, in)
		b.approved(c.Number)
		b.knock()
		b.is(c.Number, models.Applied)
		view, err := b.s.Form(ctx, b.Clerk, Bautzen, Trade)
		b.must(err)
		if _, shown := view.Values[field.Key]; shown {
			b.Error("the form shows it")
		}
		if _, a := b.public(b.s, Trade); a["values"].(map[string]any)[field.Key] != nil {
			b.Error("the public answer shows it")
		}
		diff, err := b.s.Diff(ctx, b.Clerk, Bautzen, Trade, 1, 2)
		if err != nil || len(diff) != 1 || diff[0].Old != "" || diff[0].New != fields.Concealed {
			b.Errorf("the comparison shows %+v, %v", diff, err)
		}
		vs, _, err := b.s.Versions(ctx, b.Clerk, Bautzen, Trade, "", 0)
		b.must(err)
		for _, v := range vs {
			if _, shown := v.Values[field.Key]; shown {
				b.Errorf("version %d shows it", v.Number)
			}
		}
		for _, l := range b.lease(b.s, "w", 100) {
			if text := fmt.Sprintf("%+v", l.Facts); strings.Contains(text, "sealed:") || strings.Contains(text, secret) {
				b.Errorf("a mail shows %s", text)
			}
		}
		hs, _, err := b.s.Events(ctx, b.Auditor, c.Number, "", 200)
		b.must(err)
		if text := fmt.Sprintf("%+v", hs); strings.Contains(text, "sealed:") || strings.Contains(text, secret) {
			b.Errorf("the history shows %s", text)
		}
		if got := b.finds(b.Agent, "Kanarienvogel"); len(got) != 0 {
			b.Errorf("a search finds %v", got)
		}
		for table, column := range map[string]string{"changes": "new", "events": "data", "configurations": "content", "requests": "reason", "mails": "last_error"} {
			if n := b.number("SELECT count(*) FROM " + table + " WHERE " + column + " LIKE '%Kanarienvogel%'"); n != 0 {
				b.Errorf("table %s holds it", table)
			}
		}
		if b.number("SELECT count(*) FROM secrets") != 1 {
			b.Error("it was not sealed")
		}
		b.audit()
	})
}

// TestAnotherInstanceLearnsOfAnImport: a second store reads what a first one imported, and works on it.
func TestAnotherInstanceLearnsOfAnImport(t *testing.T) {
	look(t, func(b *behind) {
		other := b.instance()
		b.must(last(other.Form(ctx, b.Auditor, Bautzen, Birth)))
		b.public(other, Birth)
		d := newer(b, Birth, 2, func(m map[string]any) { m["title"] = "Geburtsurkunde (neu)" })
		out, err := b.s.ImportAssistant(ctx, d)
		if err != nil || out.Updated != 1 || len(out.Lost) != 0 {
			b.Fatalf("%+v, %v", out, err)
		}
		if again, err := b.s.ImportAssistant(ctx, d); err != nil || again.Unchanged != 1 {
			b.Errorf("once more: %+v, %v", again, err)
		}
		older := newer(b, Birth, 2, func(m map[string]any) { m["title"] = "Anders" })
		if _, err := b.s.ImportAssistant(ctx, older); kindOf(err) != models.Conflict {
			b.Errorf("another content under the same version: %v", err)
		}
		f, err := b.s.Form(ctx, b.Auditor, Bautzen, Birth)
		if err != nil || f.Form.Definition != 2 || f.Live != 2 || f.Title != "Geburtsurkunde (neu)" || f.Values["gebuehren.erste"] != "2000" {
			b.Errorf("%+v, %v", f, err)
		}
		for name, read := range map[string]func() error{ // before it has heard of it: no panic, no wrong value
			"form": func() error { return last(other.Form(ctx, b.Auditor, Bautzen, Birth)) },
			"versions": func() error {
				_, _, err := other.Versions(ctx, b.Auditor, Bautzen, Birth, "", 0)
				return err
			},
			"diff":   func() error { return last(other.Diff(ctx, b.Auditor, Bautzen, Birth, 1, 2)) },
			"on":     func() error { return last(other.FormOn(ctx, b.Auditor, Bautzen, Birth, "2027-01-01")) },
			"file":   func() error { return last(other.File(ctx, b.Clerk, fee("2500", "2027-01-01"))) },
			"public": func() error { other.Unpublish(""); return last(other.Public(ctx, Bautzen, Birth)) },
		} {
			if err := read(); err != nil {
				b.Errorf("%s: %v", name, err)
			}
		}
		b.must(other.RefreshCatalogue(ctx))
		g, err := other.Form(ctx, b.Auditor, Bautzen, Birth)
		if err != nil || g.Title != "Geburtsurkunde (neu)" || g.Form.Definition != 2 {
			b.Errorf("%+v, %v", g, err)
		}
		if _, a := b.public(other, Birth); a["version"] != 2.0 {
			b.Errorf("public: %v", a)
		}
		b.must(last(b.s.GoLive(ctx, Leipzig, Dog, nil, true)))
		b.audit()
	})
}

// TestAnImportWhileOthersRead never leaves an old catalogue in memory.
func TestAnImportWhileOthersRead(t *testing.T) {
	look(t, func(b *behind) {
		for v := 2; v < 12; v++ {
			title := fmt.Sprintf("Geburtsurkunde %d", v)
			start(5, func(who int) {
				if who > 0 {
					for range 5 {
						if _, _, err := b.s.Assistant(ctx, Birth); err != nil {
							b.Error(err)
						}
					}
					return
				}
				if _, err := b.s.ImportAssistant(ctx, newer(b, Birth, v, func(m map[string]any) { m["title"] = title })); err != nil {
					b.Error(err)
				}
			})
			a, d, err := b.s.Assistant(ctx, Birth)
			if err != nil || a.Title != title || d.Version != v {
				b.Fatalf("after import %d: %+v, %v", v, a, err)
			}
			f, err := b.s.Form(ctx, b.Auditor, Bautzen, Birth)
			if err != nil || f.Form.Definition != v {
				b.Fatalf("after import %d: %+v, %v", v, f, err)
			}
		}
		b.audit()
	})
}

// TestMaintenanceIsTheMunicipalitysOwn switch.
func TestMaintenanceIsTheMunicipalitysOwn(t *testing.T) {
	look(t, func(b *behind) {
		for _, u := range []models.User{b.Clerk, b.Approver, b.Deputy, b.Agent, b.Lead, b.Admin, b.Auditor} {
			if err := last(b.s.Maintain(ctx, u, Bautzen, Birth, true, nil)); kindOf(err) != models.Forbidden {
				b.Errorf("%s: %v", u.Name, err)
			}
		}
		mails := b.number("SELECT count(*) FROM mails")
		f, err := b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)
		if err != nil || !f.Maintenance || f.Live != 2 {
			b.Errorf("%+v, %v", f, err)
		}
		if n := b.number("SELECT count(*) FROM mails WHERE kind = 'maintenance'"); b.number("SELECT count(*) FROM mails")-mails != n || n != 2 {
			b.Errorf("%d mails", n)
		}
		errs := make([]error, 16)
		start(16, func(i int) { errs[i] = last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, i%2 == 0, nil)) })
		for _, err := range errs {
			b.must(err)
		}
		b.audit()
	})
}
