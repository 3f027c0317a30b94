package models_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// party is where passkeys can be used; nowhere is where they can't.
func party(t testing.TB) (here, nowhere *models.RelyingParty) {
	t.Helper()
	here, err := models.NewRelyingParty("https://formwandel.example")
	if err != nil {
		t.Fatal(err)
	}
	if nowhere, err = models.NewRelyingParty("http://192.0.2.1:8080"); err != nil {
		t.Fatal(err)
	}
	return here, nowhere
}

// keyNeeded is a requirement of both kinds.
var keyNeeded = models.Requirement{{Role: models.Agent, Kind: models.AnyFactor}, {Role: models.Lead, Kind: models.PasskeyFactor}}

// TestARequirementIsWritten so that it can be read again, and so that nothing passes for something else.
func TestARequirementIsWritten(t *testing.T) {
	for text, r := range map[string]models.Requirement{
		"": nil, "agent lead:passkey": keyNeeded, "clerk": {{Role: models.Clerk, Kind: models.AnyFactor}},
	} {
		if r.String() != text || models.ReadRequirement(text).String() != text {
			t.Errorf("%q: %q, read %v", text, r, models.ReadRequirement(text))
		}
	}
	if got := models.ReadRequirement("lead:passkey agent").String(); got != "agent lead:passkey" {
		t.Errorf("in another order it is %q", got)
	}
	for _, forged := range []models.RoleFactor{
		{Role: "lead:passkey", Kind: models.AnyFactor}, {Role: "lead", Kind: "passkey agent"}, {Role: "agent lead", Kind: models.AnyFactor}, {Role: "lead:passkey", Kind: ""}, {Role: "lead", Kind: "x"},
	} {
		if got := (models.Requirement{forged}).String(); got == "lead:passkey" || got == "lead:passkey agent" || got == "agent lead" || got == "lead" {
			t.Errorf("%q passes for %q", forged, got)
		}
	}
}

// TestWhoMayRequireAPasskey tells who says so, where, and what is refused.
func TestWhoMayRequireAPasskey(t *testing.T) {
	look(t, func(b *behind) {
		here, nowhere := party(b)
		admin := b.Admin
		admin.TokenID = 0
		refused := func(p *models.RelyingParty, wanted, seen models.Requirement, code string) {
			b.Helper()
			var e *models.Error
			err := b.s.RequireFactor(ctx, p, admin, wanted, seen, nil)
			if !errors.As(err, &e) || len(e.Fields) == 0 && e.Code != code || len(e.Fields) > 0 && e.Fields[0].Code != code {
				b.Errorf("%v: %v", wanted, err)
			}
		}
		refused(here, models.Requirement{{Role: "king", Kind: models.AnyFactor}}, nil, "unknown_role")
		refused(here, append(keyNeeded, models.RoleFactor{Role: models.Lead, Kind: models.AnyFactor}), nil, "unknown_role")
		refused(here, models.Requirement{{Role: models.Lead, Kind: "finger"}}, nil, "unknown_factor")
		refused(here, models.Requirement{{Role: models.Lead}}, nil, "unknown_factor")
		refused(nowhere, keyNeeded, nil, "passkeys_need_https")
		refused(nil, keyNeeded, nil, "passkeys_need_https")
		b.must(b.s.RequireFactor(ctx, here, admin, keyNeeded, nil, nil))
		refused(here, nil, nil, "stale_requirement")
		refused(here, nil, models.Requirement{{Role: models.Agent, Kind: models.AnyFactor}, {Role: models.Lead, Kind: models.AnyFactor}}, "stale_requirement") // the same roles, another kind
		if got, err := b.s.FactorRoles(ctx, b.Auditor); err != nil || got.String() != "agent lead:passkey" || got.Of(models.Lead) != models.PasskeyFactor || got.Of(models.Clerk) != "" {
			b.Errorf("%v, %v", got, err)
		}
		for p, want := range map[*models.RelyingParty]bool{here: false, nowhere: true} {
			if missed, err := b.s.PasskeysMissed(ctx, p); missed != want || err != nil {
				b.Errorf("passkeys are missed: %v, %v", missed, err)
			}
		}
		// what stands may stay where none can be used, and be loosened; it can't be asked of one more
		refused(nowhere, models.Requirement{{Role: models.Lead, Kind: models.PasskeyFactor}, {Role: models.Admin, Kind: models.PasskeyFactor}}, keyNeeded, "passkeys_need_https")
		stays := models.Requirement{{Role: models.Lead, Kind: models.PasskeyFactor}}
		b.must(b.s.RequireFactor(ctx, nowhere, admin, stays, keyNeeded, nil))
		b.must(b.s.RequireFactor(ctx, nowhere, admin, nil, stays, nil))
		if got := b.column("SELECT comment FROM events WHERE action = 'factor_roles' ORDER BY seq DESC"); got[0] != "" || got[1] != "lead:passkey" || got[2] != "agent lead:passkey" {
			b.Errorf("the record says %q", got)
		}
		b.audit()
	})
}

// TestWhatASessionLacks where the role needs a passkey: told of what the account has, and of what was shown.
func TestWhatASessionLacks(t *testing.T) {
	look(t, func(b *behind) {
		const app, key = "INSERT INTO totps (user_id, sealed, created_at, confirmed_at) VALUES (%d, '00', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')",
			"INSERT INTO passkeys (user_id, handle, credential_id, credential, name, created_at) VALUES (%d, 'x', 'x', '{}', 'x', '2026-01-01 00:00:00+00:00')"
		password, second, keyed := models.Proof{Method: "password"}, models.Proof{Method: "oidc:x", Second: true}, models.Proof{Method: "passkey", Second: true, Keyed: true}
		claimed := models.Proof{Method: "oidc:x", Keyed: true} // one factor, whatever it was
		const none, ask, enrol = models.LacksNothing, models.LacksSecond, models.LacksFactor
		for _, x := range []struct {
			has                             []string
			kind                            models.FactorKind
			password, second, keyed, claims models.Lack
		}{
			{nil, "", none, none, none, none},
			{[]string{app, key}, "", ask, none, none, ask},
			{nil, models.AnyFactor, enrol, none, none, enrol},
			{[]string{app}, models.AnyFactor, ask, none, none, ask},
			{[]string{key}, models.AnyFactor, ask, none, none, ask},
			{nil, models.PasskeyFactor, enrol, enrol, none, enrol},
			{[]string{app}, models.PasskeyFactor, ask, enrol, none, ask}, // else the password alone could add a passkey
			{[]string{key}, models.PasskeyFactor, ask, ask, none, ask},
			{[]string{app, key}, models.PasskeyFactor, ask, ask, none, ask},
		} {
			b.exec("DELETE FROM totps")
			b.exec("DELETE FROM passkeys")
			for _, q := range x.has {
				b.exec(fmt.Sprintf(q, b.AgentLead.ID))
			}
			var wanted models.Requirement
			if x.kind != "" {
				wanted = models.Requirement{{Role: models.Agent, Kind: models.AnyFactor}, {Role: models.Lead, Kind: x.kind}} // the stricter of a person's roles counts
			}
			Require(b.T, b.s, b.Admin, nil)
			for proof, want := range map[models.Proof]models.Lack{password: x.password, second: x.second, keyed: x.keyed, claimed: x.claims} {
				secret, before, err := b.s.SignIn(ctx, b.AgentLead, proof, models.Visit{})
				b.must(err)
				Require(b.T, b.s, b.Admin, wanted) // what runs feels it at once
				_, running, err := b.s.Resume(ctx, secret)
				b.must(err)
				_, begun, err := b.s.SignIn(ctx, b.AgentLead, proof, models.Visit{})
				b.must(err)
				if running.Lacks != want || begun.Lacks != want {
					b.Errorf("%v has %d, role %q: lacks %q, at the sign-in %q, want %q (before %q)", proof, len(x.has), x.kind, running.Lacks, begun.Lacks, want, before.Lacks)
				}
				Require(b.T, b.s, b.Admin, nil)
			}
		}
		b.exec("UPDATE users SET demo = TRUE WHERE id = ?", b.AgentLead.ID)
		Require(b.T, b.s, b.Admin, keyNeeded)
		b.exec("DELETE FROM totps")
		b.exec("DELETE FROM passkeys")
		if _, x, err := b.s.SignIn(ctx, b.AgentLead, password, models.Visit{}); err != nil || x.Lacks != none {
			b.Errorf("an account of the demonstration lacks %q, %v", x.Lacks, err)
		}
	})
}

// TestASessionOfBeforeGoesOn: a row that a program wrote which knew of no passkeys to be needed.
func TestASessionOfBeforeGoesOn(t *testing.T) {
	look(t, func(b *behind) {
		secret, _, err := b.s.SignIn(ctx, b.Lead, models.Proof{Method: "passkey", Second: true, Keyed: true}, models.Visit{})
		b.must(err)
		columns := "hash, rotated_at, id, user_id, csrf, method, second, confirmed_at, created_at, seen_at"
		b.exec("CREATE TABLE before AS SELECT " + columns + " FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = '" + b.Lead.Email + "')")
		b.exec("DELETE FROM sessions")
		b.exec("INSERT INTO sessions (" + columns + ") SELECT " + columns + " FROM before")
		b.exec("DROP TABLE before")
		if b.sqlite() { // where only one instance writes, a row without a seal is nobody's
			if _, _, err := b.s.Resume(ctx, secret); kindOf(err) != models.Unauthorized {
				b.Errorf("a row without a seal: %v", err)
			}
			return
		}
		if _, x, err := b.s.Resume(ctx, secret); err != nil || x.Lacks != models.LacksNothing || x.Keyed {
			b.Errorf("lacks %q, keyed %v, %v", x.Lacks, x.Keyed, err)
		}
		Require(b.T, b.s, b.Admin, keyNeeded)
		if _, x, err := b.s.Resume(ctx, secret); err != nil || x.Lacks != models.LacksFactor {
			b.Errorf("a role that needs a passkey: lacks %q, %v", x.Lacks, err)
		}
	})
}

// TestRequirementsInFiles: a backup carries what roles ask for, its audit holds table and kind against the
// record, and one from before there were kinds can be restored.
func TestRequirementsInFiles(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			b := behindOf(t, kind)
			RequireFactorOf(t, b.s, b.Admin, models.Agent, models.Lead)
			older := strings.ReplaceAll(b.backedUp(), `"kind":"any",`, "")
			if strings.Contains(older, `"kind":"any"`) || !strings.Contains(older, `{"t":"factor_roles","r":{"role":"lead"}}`) {
				t.Fatal("a line of the older backup looks otherwise")
			}
			Require(t, b.s, b.Admin, keyNeeded)
			newer := b.backedUp()
			line := `{"t":"factor_roles","r":{"kind":"passkey","role":"lead"}}`
			for name, x := range map[string]struct {
				text  string
				found bool
			}{
				"older": {older, false}, "newer": {newer, false}, "weakened": {strings.Replace(newer, line, strings.Replace(line, "passkey", "any", 1), 1), true}, "without": {strings.Replace(newer, line+"\n", "", 1), true},
				"as another role": {strings.Replace(newer, line, `{"t":"factor_roles","r":{"kind":"any","role":"lead:passkey"}}`, 1), true},
			} {
				r, err := models.AuditFile(ctx, strings.NewReader(x.text), models.Evidence{})
				b.must(err)
				if found := strings.Contains(fmt.Sprint(r.Findings), "roles that ask for a second factor: are not those"); found != x.found || !x.found && len(r.Findings) > 0 {
					t.Errorf("%s: %v", name, r.Findings)
				}
			}
			for text, want := range map[string]string{older: "agent lead", newer: "agent lead:passkey"} {
				s := opened(t, URL(t, kind))
				b.must(s.Migrate(ctx))
				b.must(last(s.Restore(ctx, gzipped(text))))
				r, err := s.Audit(ctx, models.Evidence{})
				b.must(err)
				if got, err := s.FactorRoles(ctx, b.Auditor); err != nil || got.String() != want || len(r.Findings) > 0 {
					t.Errorf("restored: %v, %v, %v", got, err, r.Findings)
				}
			}
		})
	}
}

// backedUp is a backup, unpacked.
func (b *behind) backedUp() string {
	b.Helper()
	var out bytes.Buffer
	b.must(last(b.s.Backup(ctx, &out)))
	zip, err := gzip.NewReader(&out)
	b.must(err)
	plain, err := io.ReadAll(zip)
	b.must(err)
	return string(plain)
}

// gzipped is a text as a backup is kept.
func gzipped(text string) io.Reader {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = io.WriteString(zip, text) // into memory
	_ = zip.Close()
	return &out
}
