package models_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

const otherBox = "neu@bautzen.example"

// invited is somebody new whom an administrator has invited, with the secret of the invitation.
func (b *behind) invited(email string, roles ...models.Role) (m *models.Member, secret string) {
	b.Helper()
	b.must(last(b.s.AddPerson(ctx, b.TenantAdmin, models.NewUser{AGS: Bautzen, Email: email, Name: "Amt " + email, Locale: "de", Roles: roles}, nil)))
	return b.person(email), b.posted(email, models.MailInvitation)
}

func (b *behind) person(email string) *models.Member {
	b.Helper()
	m, err := b.s.PersonByEmail(ctx, b.Admin, email)
	b.must(err)
	return m
}

// posted is the secret of the newest letter of a kind to a mailbox.
func (b *behind) posted(email string, kind models.MailKind) string {
	b.Helper()
	ls, err := b.s.LeaseMails(ctx, "test", 100, time.Nanosecond)
	b.must(err)
	secret := ""
	for _, l := range ls {
		if l.Mail.Recipient == email && l.Mail.Kind == kind && l.Facts.Link != "" {
			secret = strings.TrimPrefix(l.Facts.Link, "/zugang/")
		}
	}
	if secret == "" {
		b.Fatalf("no letter of kind %s to %s", kind, email)
	}
	return secret
}

// move lets the municipality's administration ask for another address of an account.
func (b *behind) move(email, to string) (secret string) {
	b.Helper()
	if email == b.Approver.Email { // the account is somebody's
		_, _, err := b.s.SignIn(ctx, b.Approver, models.Proof{Method: "password"}, models.Visit{})
		b.must(err)
	}
	m := b.person(email)
	b.must(b.s.AskAddressOf(ctx, b.TenantAdmin, m.ID, m.Version, to, nil))
	return b.posted(to, models.MailAddress)
}

// later moves the clock on.
func (b *behind) later(by time.Duration) {
	b.Helper()
	now, err := b.s.Now(ctx)
	b.must(err)
	SetNow(b.T, b.s, now.Add(by))
}

func (b *behind) namesLink(email string) bool {
	b.Helper()
	r, err := b.s.Verify(ctx, nil)
	b.must(err)
	return strings.Contains(fmt.Sprint(r.Findings), fmt.Sprintf("link by mail of account %d,", b.person(email).ID))
}

// TestALinkIsWhatItsEventSays: whatever is changed about a link behind the record, it opens nothing
// any more, an audit names it, and the security log says that it was tried.
func TestALinkIsWhatItsEventSays(t *testing.T) {
	for name, change := range map[string]string{
		"opens at once": "opens_at = NULL", "opens sooner": "opens_at = created_at", "nobody asked": "asked_by = NULL", "nobody asked, at once": "asked_by = NULL, opens_at = NULL",
		"somebody else asked": "asked_by = (SELECT max(id) FROM users)", "to another mailbox": "email = 'dieb@bautzen.example'",
		"of another account": "user_id = (SELECT max(id) FROM users)", "lasts longer": "expires_at = '2030-01-01 00:00:00+00:00'", "of another kind": "kind = 'reset', opens_at = NULL",
	} {
		t.Run(name, func(t *testing.T) {
			look(t, func(b *behind) {
				secret := b.move(b.Approver.Email, otherBox)
				if b.namesLink(b.Approver.Email) {
					t.Error("an audit names a link that nobody has touched")
				}
				was := b.column("SELECT opens_at FROM account_links WHERE kind = 'address'")
				b.exec("UPDATE account_links SET " + change + " WHERE kind = 'address'")
				_, err := b.s.Link(ctx, secret)
				b.over(err)
				b.over(b.s.ConfirmAddress(ctx, secret))
				b.over(last(b.s.SetOwnPassword(ctx, secret, "Neun blaue Elefanten tanzen")))
				r, err := b.s.Verify(ctx, nil)
				b.must(err)
				if !strings.Contains(fmt.Sprint(r.Findings), "is not what its history says") {
					t.Errorf("%v: %v", was, r.Findings)
				}
				if b.number("SELECT count(*) FROM security_events WHERE code = 'link_forged'") == 0 {
					t.Error("the security log says nothing")
				}
				if m := b.person(b.Approver.Email); m.AddressBy != 0 {
					t.Errorf("%+v", m)
				}
			})
		})
	}
}

// over asserts that a link was refused like every one that is over.
func (b *behind) over(err error) {
	b.Helper()
	if !models.IsKind(err, models.NotFound) {
		b.Errorf("a link that the record does not know was answered %v", err)
	}
}

// TestAUsedLinkStaysUsed: an invitation that was accepted, and one in whose place another was sent, do not
// count again; nor does a link that no event has made.
func TestAUsedLinkStaysUsed(t *testing.T) {
	look(t, func(b *behind) {
		m, used := b.invited("frisch@bautzen.example", models.Clerk)
		b.must(last(b.s.SetOwnPassword(ctx, used, "Neun blaue Elefanten tanzen")))
		b.exec("UPDATE account_links SET used_at = NULL WHERE kind = 'invitation'")
		b.over(last(b.s.SetOwnPassword(ctx, used, "Zehn graue Elefanten tanzen")))
		if !b.namesLink(m.Email) {
			t.Error("no audit names an invitation that counts again")
		}
		b.exec("UPDATE account_links SET used_at = created_at WHERE kind = 'invitation'")
		ended := b.move(b.Approver.Email, otherBox)
		b.must(b.s.StopAddress(ctx, b.Approver))
		b.later(models.AddressWait + time.Hour)
		b.exec("UPDATE account_links SET ended_at = NULL WHERE kind = 'address'")
		b.over(b.s.ConfirmAddress(ctx, ended))
		if !b.namesLink(b.Approver.Email) {
			t.Error("no audit names an address that was stopped and counts again")
		}
		b.exec("UPDATE account_links SET ended_at = created_at WHERE kind = 'address'")

		// one that nobody has made, put beside the event of another one
		at := b.person(b.Lead.Email).ID
		b.exec("INSERT INTO account_links (id, user_id, kind, email, ags, event_seq, created_at, expires_at) SELECT ?, ?, 'reset', email, ags, event_seq, created_at, '2030-01-01 00:00:00+00:00' FROM account_links WHERE kind = 'invitation'",
			strings.Repeat("a", 32), at)
		planted := strings.Repeat("A", 43)
		b.exec("INSERT INTO account_link_secrets (hash, link_id, owners) VALUES (?, ?, FALSE)", models.TokenHash(planted), strings.Repeat("a", 32))
		b.over(last(b.s.SetOwnPassword(ctx, planted, "Zehn graue Elefanten tanzen")))
		if !b.namesLink(b.Lead.Email) {
			t.Error("no audit names a link that nobody has made")
		}
	})
}

// TestTheOwnersWordIsInTheRecord: what the owner has agreed to counts at once, and takes nothing from the account;
// what was only written beside the record does not.
func TestTheOwnersWordIsInTheRecord(t *testing.T) {
	look(t, func(b *behind) {
		secret := b.move(b.Approver.Email, otherBox)
		if err := b.s.ConfirmAddress(ctx, secret); !models.IsKind(err, models.Conflict) {
			t.Errorf("before it counts: %v", err)
		}
		consent := b.posted(b.Approver.Email, models.MailAddressConsent)
		b.must(b.s.AnswerAddress(ctx, consent, true))
		b.must(b.s.AnswerAddress(ctx, consent, true)) // once more
		if b.namesLink(b.Approver.Email) {
			t.Error("an audit names what the owner has agreed to")
		}
		b.must(b.s.ConfirmAddress(ctx, secret))
		if m := b.person(otherBox); m.ID != b.Approver.ID || m.AddressBy != 0 {
			t.Errorf("%+v", m)
		}
		b.audit()
	})
}

// TestLinksOfBeforeCount: a program that put no hash into the record has made links, too; they count
// as far as such a program could have made them.
func TestLinksOfBeforeCount(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			b := recorded(t, kind)
			before := func() { // the events as they were
				b.Helper()
				for _, seq := range b.column("SELECT seq FROM events WHERE ags = ? AND data LIKE '%\"file\"%' AND action IN ('user_address', 'user_invitation') ORDER BY seq", Bautzen) {
					b.unsealed(seq)
				}
			}
			secret := b.move(b.Approver.Email, otherBox)
			before()
			if err := b.s.ConfirmAddress(ctx, secret); !models.IsKind(err, models.Conflict) {
				t.Error(err)
			}
			b.exec("UPDATE account_links SET opens_at = NULL WHERE kind = 'address'")
			b.over(b.s.ConfirmAddress(ctx, secret))
			b.exec("UPDATE account_links SET opens_at = NULL, asked_by = NULL WHERE kind = 'address'")
			b.over(b.s.ConfirmAddress(ctx, secret))
			m, invitation := b.invited("frisch@bautzen.example", models.Clerk)
			before()
			b.must(last(b.s.SetOwnPassword(ctx, invitation, "Neun blaue Elefanten tanzen")))
			if b.namesLink(m.Email) {
				t.Error("an audit names an invitation of before")
			}
		})
	}
}

// unsealed takes the hash of a link out of its event, and chains anew what follows.
func (b *behind) unsealed(seq string) {
	b.Helper()
	n, err := strconv.ParseInt(seq, 10, 64)
	b.must(err)
	e := b.event(Bautzen, n)
	e.Data = regexp.MustCompile(`"file":"[^"]*",`).ReplaceAllString(e.Data, "")
	b.forge(e)
	b.resealed(Bautzen, n)
}

// TestAMistypedInvitationIsRemembered: the address of an account that nobody has used can be put right at
// once, but the account knows by whom: what that person has filed it does not approve, and others hear of it.
func TestAMistypedInvitationIsRemembered(t *testing.T) {
	look(t, func(b *behind) {
		b.must(last(b.s.AddUser(ctx, models.NewUser{AGS: Bautzen, Email: "mandant2@bautzen.example", Name: "Mandant 2", Roles: []models.Role{models.TenantAdmin}})))
		admin := b.person(b.TenantAdmin.Email)
		b.must(b.s.ChangePerson(ctx, b.Admin, admin.ID, admin.Version, models.PersonChange{Name: admin.Name, Locale: "de", Roles: []models.Role{models.TenantAdmin, models.Clerk}}, nil))
		b.TenantAdmin = b.person(b.TenantAdmin.Email).User
		b.invited("freigabe2@bautzen.example", models.Approver)
		mine := b.file(b.TenantAdmin, fee("2500", "2027-01-01"))
		b.must(b.s.ConfirmAddress(ctx, b.move("freigabe2@bautzen.example", otherBox)))
		m := b.person(otherBox)
		if m.AddressBy != b.TenantAdmin.ID {
			t.Errorf("%+v", m)
		}
		if b.number("SELECT count(*) FROM mails WHERE kind = 'address_watch' AND recipient = 'mandant2@bautzen.example'") != 1 {
			t.Error("nobody else hears of it")
		}
		if err := b.s.SendLink(ctx, b.TenantAdmin, m.ID, m.Version, nil); err != nil {
			t.Fatal(err)
		}
		b.must(last(b.s.SetOwnPassword(ctx, b.posted(otherBox, models.MailReset), "Neun blaue Elefanten tanzen")))
		if _, err := b.try(b.person(otherBox).User, mine.Number, models.Approve, models.Input{}); !models.IsKind(err, models.Forbidden) {
			t.Errorf("whoever filed it has approved it as somebody else: %v", err)
		}
		b.audit()
	})
}
