package models_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// twice demands two approvals of every change.
var twice = models.PolicyRules{"*": {"*": 2}}

// policy is Bautzen's as somebody sees it.
func (st *story) policy(u models.User) *models.Policy {
	st.Helper()
	p, err := st.s.Policy(ctx, u, Bautzen)
	st.must(err)
	return p
}

// policyVersion is the version on which a policy is decided.
func (st *story) policyVersion() int { return st.policy(st.TenantAdmin).Version }

// propose lets somebody propose a policy for Bautzen.
func (st *story) propose(u models.User, rules models.PolicyRules) *models.Policy {
	st.Helper()
	p, err := st.s.ProposePolicy(ctx, u, Bautzen, st.policyVersion(), rules, nil)
	st.must(err)
	return p
}

// counts asserts how many approvals Bautzen demands of every change, and whether something waits.
func (st *story) counts(n int, waits bool) {
	st.Helper()
	if p := st.policy(st.Auditor); p.Rules["*"]["*"] != n || (p.Waiting != nil) != waits {
		st.Errorf("%d counts, waits: %+v; want %d, %v", p.Rules["*"]["*"], p.Waiting, n, waits)
	}
}

// letters counts the letters of a kind to an address.
func (st *story) letters(email string, kind models.MailKind) int64 {
	st.Helper()
	return st.one("SELECT count(*) FROM mails WHERE recipient = ? AND kind = ?", email, string(kind))
}

// events lists what was done about Bautzen's policy: action, who, of what.
func (st *story) policyEvents() []string {
	st.Helper()
	var out []string
	es, _, err := st.s.Trail(ctx, st.TenantAdmin, models.TrailFilter{Chain: Bautzen, Limit: 200})
	st.must(err)
	for _, e := range es {
		if strings.HasPrefix(string(e.Action), "policy") {
			out = append(out, fmt.Sprintf("%s %s %s", e.Action, e.Actor.Name, strings.Replace(e.Subject, fmt.Sprint(e.Seq-1), "before", 1)))
		}
	}
	slices.Reverse(out)
	return out
}

// TestTwoPersonsChangeThePolicy: who proposes changes nothing; when a second one agrees it counts, for what is submitted from then on (T15).
func TestTwoPersonsChangeThePolicy(t *testing.T) {
	tell(t, func(st *story) {
		p := st.propose(st.TenantAdmin, twice)
		st.counts(0, true)
		w := p.Waiting
		if !w.Mine || w.Hindrance != "policy_own" || w.By.Name != st.TenantAdmin.Name || !slices.Equal(w.Could, []string{st.Approver.Name, st.Deputy.Name}) ||
			len(w.Differences) != 1 || w.Differences[0] != (models.PolicyDifference{Assistant: "*", AssistantTitle: "*", Section: "*", SectionTitle: "*", Asked: -1, Now: 2}) {
			st.Errorf("%+v", w)
		}
		for email, n := range map[string]int64{st.Approver.Email: 1, st.Deputy.Email: 1, st.TenantAdmin.Email: 0, st.Clerk.Email: 0, st.LeipzigApprover.Email: 0, st.Admin.Email: 0} {
			if got := st.letters(email, models.MailPolicyProposed); got != n {
				st.Errorf("%s got %d letters", email, got)
			}
		}
		between := st.file(st.Clerk, fee("2500", "2027-01-01"))
		if between.NeedMunicipality != 1 {
			st.Errorf("a proposal counts before anybody agreed: %d", between.NeedMunicipality)
		}
		if seen := st.policy(st.Approver).Waiting; seen.Hindrance != "" || seen.Mine {
			st.Errorf("%+v", seen)
		}
		out, err := st.s.AgreePolicy(ctx, st.Approver, Bautzen, p.Version, nil)
		st.must(err)
		if out.Version != p.Version+1 || out.Rules["*"]["*"] != 2 || out.Waiting != nil {
			st.Errorf("%+v", out)
		}
		st.counts(2, false)
		if n := st.file(st.Clerk, fee("2600", "2027-02-01")).NeedMunicipality; n != 2 {
			st.Errorf("submitted after: %d", n)
		}
		if n := st.get(between.Number).NeedMunicipality; n != 1 {
			st.Errorf("submitted between: %d", n)
		}
		if got, want := st.policyEvents(), []string{"policy_propose " + st.TenantAdmin.Name + " ", "policy " + st.Approver.Name + " proposal "}; len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) {
			st.Errorf("%q", got)
		}
		if st.letters(st.TenantAdmin.Email, models.MailPolicyAgreed) != 1 || st.letters(st.Approver.Email, models.MailPolicyAgreed) != 0 {
			st.Error("who proposed is told, and nobody else")
		}
		for _, code := range []string{"policy_proposed", "policy_changed"} {
			if n := st.one("SELECT count(*) FROM security_events WHERE ags = ? AND code = ?", Bautzen, code); n != 1 {
				st.Errorf("%s is %d times in the security log", code, n)
			}
		}
	})
}

// TestNobodyAgreesToTheirOwn: ways to be one's own second person, and none works (T15, S33).
func TestNobodyAgreesToTheirOwn(t *testing.T) {
	inPerson := func(u models.User) models.User { u.TokenID, u.Scopes = 0, nil; return u }
	moved := func(st *story, u models.User, by int64) models.User {
		st.tamper(`UPDATE users SET address_by = ? WHERE id = ?`, by, u.ID)
		st.bent = append(st.bent, fmt.Sprintf("account %d", u.ID))
		return SignIn(st, st.s, u.Email)
	}
	ways := []struct {
		name, code string
		who        func(st *story) models.User
	}{
		{"on the page", "policy_own", func(st *story) models.User { return inPerson(st.TenantAdmin) }},
		{"with an operator's token", "policy_own", func(st *story) models.User { return SignIn(st, st.s, st.TenantAdmin.Email) }},
		{"in a second role", "policy_own", func(st *story) models.User { return inPerson(st.promoted(st.TenantAdmin, models.Approver)) }},
		{"as a provider's lead, too", "policy_own", func(st *story) models.User { return inPerson(st.promoted(st.TenantAdmin, models.Lead)) }},
		{"through an account that was moved to another mailbox", "policy_same_head", func(st *story) models.User { return moved(st, st.Approver, st.TenantAdmin.ID) }},
		{"through the account from whose mailbox one's own came", "policy_same_head", func(st *story) models.User {
			moved(st, st.TenantAdmin, st.Deputy.ID)
			return st.Deputy
		}},
		{"through one of two accounts that somebody has moved", "policy_same_head", func(st *story) models.User {
			moved(st, st.TenantAdmin, st.Clerk2.ID)
			return moved(st, st.Deputy, st.Clerk2.ID)
		}},
		{"with a colleague's token of the web", "token_scope", func(st *story) models.User {
			u := st.Approver
			u.Scopes = []models.Scope{models.ScopeRead, models.ScopeFile, models.ScopeWork, models.ScopeAdminister}
			return u
		}},
		{"a clerk", "not_your_role", func(st *story) models.User { return inPerson(st.Clerk) }},
		{"the provider's administration", "not_your_role", func(st *story) models.User { return inPerson(st.Admin) }},
		{"the provider's lead", "not_your_role", func(st *story) models.User { return inPerson(st.Lead) }},
	}
	Score(t, "S33", "ways around the second person of an approval policy, on two databases", 2*len(ways), "none succeeded")
	for _, x := range ways {
		t.Run(x.name, func(t *testing.T) {
			tell(t, func(st *story) {
				st.propose(st.TenantAdmin, twice)
				who := x.who(st)
				_, err := st.s.AgreePolicy(ctx, who, Bautzen, st.policyVersion(), nil)
				st.refused(err, models.Forbidden, x.code)
				if w := st.policy(who).Waiting; x.code != "token_scope" && w.Hindrance == "" && who.May(models.AgreePolicy, Bautzen) {
					st.Error("the page offers it")
				}
				st.counts(0, true)
			})
		})
	}
}

// TestAProposalOfAnotherMunicipalityIsNotThere, and nobody who is not asked decides on it.
func TestAProposalOfAnotherMunicipalityIsNotThere(t *testing.T) {
	tell(t, func(st *story) {
		v := st.propose(st.TenantAdmin, twice).Version
		for name, verb := range map[string]func(u models.User) error{
			"agree":    func(u models.User) error { return last(st.s.AgreePolicy(ctx, u, Bautzen, v, nil)) },
			"decline":  func(u models.User) error { return last(st.s.DeclinePolicy(ctx, u, Bautzen, v, "", nil)) },
			"withdraw": func(u models.User) error { return last(st.s.WithdrawPolicy(ctx, u, Bautzen, v, nil)) },
		} {
			if err := verb(st.LeipzigApprover); kindOf(err) != models.NotFound {
				st.Errorf("%s: %v", name, err)
			}
		}
		st.refused(last(st.s.DeclinePolicy(ctx, st.TenantAdmin, Bautzen, v, "", nil)), models.Forbidden, "policy_own")
		st.refused(last(st.s.WithdrawPolicy(ctx, st.Approver, Bautzen, v, nil)), models.Forbidden, "not_your_role")
		st.counts(0, true)
	})
}

// TestAProposalIsDecidedOnAsShown: what has moved meanwhile is shown anew; one waits at a time; nothing is proposed that counts.
func TestAProposalIsDecidedOnAsShown(t *testing.T) {
	tell(t, func(st *story) {
		before := st.policyVersion()
		st.refused(last(st.s.AgreePolicy(ctx, st.Approver, Bautzen, before, nil)), models.Conflict, "policy_nothing_waits")
		st.refused(last(st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, before, models.PolicyRules{}, nil)), models.Conflict, "policy_same")
		st.refused(last(st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, before, models.PolicyRules{"*": {"*": 0}}, nil)), models.Conflict, "policy_same")
		st.refused(last(st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, before, models.PolicyRules{"*": {"*": 6}}, nil)), models.Invalid, "approvals_range")
		st.propose(st.TenantAdmin, twice)
		st.refused(last(st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, before, twice, nil)), models.Conflict, "stale_policy")
		st.refused(last(st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, st.policyVersion(), models.PolicyRules{"*": {"*": 1}}, nil)), models.Conflict, "policy_waits")
		shown := st.policyVersion()
		st.must(last(st.s.WithdrawPolicy(ctx, st.TenantAdmin, Bautzen, shown, nil)))
		st.propose(st.TenantAdmin, models.PolicyRules{"*": {"*": 1}}) // another than the one that was shown
		for name, err := range map[string]error{
			"agree":    last(st.s.AgreePolicy(ctx, st.Approver, Bautzen, shown, nil)),
			"decline":  last(st.s.DeclinePolicy(ctx, st.Approver, Bautzen, shown, "Nein.", nil)),
			"withdraw": last(st.s.WithdrawPolicy(ctx, st.TenantAdmin, Bautzen, shown, nil)),
		} {
			if codeOf(err) != "stale_policy" {
				st.Errorf("%s: %v", name, err)
			}
		}
		st.counts(0, true)
		st.must(last(st.s.AgreePolicy(ctx, st.Deputy, Bautzen, st.policyVersion(), nil)))
		st.counts(1, false)
	})
}

// TestDecliningAndWithdrawing leave what counts, and tell who proposed it unless they did it themselves.
func TestDecliningAndWithdrawing(t *testing.T) {
	tell(t, func(st *story) {
		second := st.crowd(1, models.TenantAdmin)[0]
		st.propose(st.TenantAdmin, twice)
		st.must(last(st.s.DeclinePolicy(ctx, second, Bautzen, st.policyVersion(), "  Das schaffen wir nicht.  ", nil)))
		st.counts(0, false)
		st.propose(st.TenantAdmin, twice)
		st.must(last(st.s.WithdrawPolicy(ctx, st.TenantAdmin, Bautzen, st.policyVersion(), nil)))
		st.propose(st.TenantAdmin, twice)
		st.must(last(st.s.WithdrawPolicy(ctx, second, Bautzen, st.policyVersion(), nil)))
		st.propose(second, twice)
		st.must(last(st.s.AgreePolicy(ctx, st.TenantAdmin, Bautzen, st.policyVersion(), nil)))
		st.counts(2, false)
		for kind, n := range map[models.MailKind]int64{models.MailPolicyDeclined: 1, models.MailPolicyWithdrawn: 1, models.MailPolicyAgreed: 0, models.MailPolicyProposed: 1} {
			if got := st.letters(st.TenantAdmin.Email, kind); got != n {
				st.Errorf("%d letters %s", got, kind)
			}
		}
		letters, err := st.s.LeaseMails(ctx, "test", 100, 1e9)
		st.must(err)
		for _, l := range letters {
			if l.Mail.Kind != models.MailPolicyDeclined {
				continue
			}
			if l.Facts.Comment != "Das schaffen wir nicht." || l.Facts.Actor != second.Name || len(l.Facts.Policy) != 1 || l.Facts.Policy[0].Now != 2 || l.Facts.Municipality != "Bautzen" {
				st.Errorf("%+v", l.Facts)
			}
		}
		for _, l := range letters {
			if l.Mail.Kind == models.MailPolicyProposed && (l.Facts.Comment != "" || len(l.Facts.Policy) != 1) {
				st.Errorf("%+v", l.Facts)
			}
		}
	})
}

// TestTwoAgreeAtOnce: one of them has.
func TestTwoAgreeAtOnce(t *testing.T) {
	look(t, func(b *behind) {
		people := b.crowd(8, models.Approver)
		for round := range 5 {
			b.propose(b.TenantAdmin, models.PolicyRules{"*": {"*": 1 + round%2}})
			v := b.policyVersion()
			warm(b, b.s)
			errs := make([]error, len(people))
			start(len(people), func(i int) { _, errs[i] = b.s.AgreePolicy(ctx, people[i], Bautzen, v, nil) })
			b.oneWinner("agreeing", errs)
			b.counts(1+round%2, false)
		}
		if n := b.number("SELECT count(*) FROM events WHERE action = 'policy'"); n != 5 {
			b.Errorf("%d agreements in the record", n)
		}
		b.audit()
	})
}

// TestWhoIsAloneIsToldTheWayOut: where nobody else could agree nothing is proposed.
func TestWhoIsAloneIsToldTheWayOut(t *testing.T) {
	tell(t, func(st *story) {
		_, err := st.s.AddUser(ctx, models.NewUser{AGS: Leipzig, Email: "mandant@leipzig.example", Name: "Mandant Leipzig", Roles: []models.Role{models.TenantAdmin}})
		st.must(err)
		alone := SignIn(st, st.s, "mandant@leipzig.example")
		propose := func() error {
			p, err := st.s.Policy(ctx, alone, Leipzig)
			st.must(err)
			_, err = st.s.ProposePolicy(ctx, alone, Leipzig, p.Version, twice, nil)
			if (codeOf(err) == "policy_alone") != p.Alone {
				st.Errorf("the page says %v, the rules say %v", p.Alone, err)
			}
			return err
		}
		m, err := st.s.Person(ctx, st.Admin, st.LeipzigApprover.ID)
		st.must(err)
		st.must(st.s.SwitchPerson(ctx, st.Admin, m.ID, m.Version, false, nil))
		st.refused(propose(), models.Conflict, "policy_alone")
		_, err = st.s.AddUser(ctx, models.NewUser{AGS: Leipzig, Email: "zweite@leipzig.example", Name: "Zweite Leipzig", Roles: []models.Role{models.Approver}})
		st.must(err)
		st.must(propose())
	})
}

// TestASectionThatHasGoneCannotBeAgreedTo: what no questionnaire has any more stops the agreement, not the refusal.
func TestASectionThatHasGoneCannotBeAgreedTo(t *testing.T) {
	tell(t, func(st *story) {
		st.propose(st.TenantAdmin, models.PolicyRules{Birth: {"aufbewahrung": 2}})
		st.newQuestionnaire(`"key":"aufbewahrung`, `"key":"frist`)
		st.refused(last(st.s.AgreePolicy(ctx, st.Approver, Bautzen, st.policyVersion(), nil)), models.Invalid, "unknown_section")
		st.counts(0, true)
		st.must(last(st.s.DeclinePolicy(ctx, st.Approver, Bautzen, st.policyVersion(), "", nil)))
		st.counts(0, false)
	})
}

// TestAWaitingProposalIsCarriedAlong by backup and export, and an audit of the files holds it against its event.
func TestAWaitingProposalIsCarriedAlong(t *testing.T) {
	look(t, func(b *behind) {
		b.propose(b.TenantAdmin, twice)
		var whole, town bytes.Buffer
		b.must(last(b.s.Backup(ctx, &whole)))
		b.must(b.s.Export(ctx, Bautzen, &town))
		clean := func(what string, file []byte, ev models.Evidence, want string) {
			b.Helper()
			report, err := models.AuditFile(ctx, bytes.NewReader(file), ev)
			b.must(err)
			var found []string
			for _, f := range report.Findings {
				found = append(found, f.String())
			}
			if want == "" && len(found) > 0 || want != "" && !slices.Contains(found, want) {
				b.Errorf("%s: %q", what, found)
			}
		}
		only := models.Evidence{Municipality: Bautzen}
		clean("backup", whole.Bytes(), models.Evidence{}, "")
		clean("export", town.Bytes(), only, "")
		clean("another policy waits", bytes.Replace(town.Bytes(), []byte(`"policy":"{\"*\":{\"*\":2}}","proposed_at"`), []byte(`"policy":"{\"*\":{\"*\":1}}","proposed_at"`), 1), only, "proposed policy of municipality "+Bautzen+": is not what its history says")
		clean("it was taken out", without(town.Bytes(), "policy_proposals"), only, "proposed policy of municipality "+Bautzen+": is not there, an event speaks of it")

		copied := &behind{story: &story{T: b.T, Cast: b.Cast, s: Open(b, URL(b, b.s.Dialect()))}}
		b.must(last(copied.s.Restore(ctx, &whole)))
		copied.counts(0, true)
		b.must(last(copied.s.AgreePolicy(ctx, b.Approver, Bautzen, copied.policyVersion(), nil)))
		copied.counts(2, false)
		copied.audit()
	})
}

// TestABackupFromBeforeProposalsIsRestored: it knows no table of them.
func TestABackupFromBeforeProposalsIsRestored(t *testing.T) {
	look(t, func(b *behind) {
		SetPolicy(b, b.s, b.TenantAdmin, b.Approver, Bautzen, twice)
		var file, older bytes.Buffer
		b.must(last(b.s.Backup(ctx, &file)))
		in, err := gzip.NewReader(&file)
		b.must(err)
		lines, err := io.ReadAll(in)
		b.must(err)
		out := gzip.NewWriter(&older)
		b.must(last(out.Write(bytes.Replace(lines, []byte(`"policy_proposals":0,`), nil, 1))))
		b.must(out.Close())
		copied := &behind{story: &story{T: b.T, Cast: b.Cast, s: Open(b, URL(b, b.s.Dialect()))}}
		b.must(last(copied.s.Restore(ctx, &older)))
		copied.counts(2, false)
		copied.audit()
	})
}

// without leaves the rows of a table out of a file.
func without(file []byte, table string) []byte {
	var out [][]byte
	for _, line := range bytes.SplitAfter(file, []byte("\n")) {
		if !bytes.Contains(line, []byte(`"t":"`+table+`"`)) {
			out = append(out, line)
		}
	}
	return bytes.Join(out, nil)
}
