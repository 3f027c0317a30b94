package handlers_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// elsewhereBox is the mailbox to which somebody would move another person's account.
const elsewhereBox = "meins@bautzen.example"

// moveAddress lets the municipality's administration ask for another address of the approver.
func (st *stage) moveAddress(admin *visitor, email string) {
	st.Helper()
	person := "/verwaltung/personen/" + itoa(int(st.Approver.ID))
	page := admin.open(person).is(200)
	to := admin.send(person+"/adresse", url.Values{"version": {string(versionField.FindSubmatch(page.body)[1])}, "email": {email}}).is(303).header.Get("Location")
	admin.open(to).is(200).shows("An beide Adressen geht eine Nachricht.")
}

// TestNobodyMovesAnothersAccount: another address that the administration asks for
// waits for the owner's word; owner and administration can stop it.
func TestNobodyMovesAnothersAccount(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		other := st.colleague("mandant2@bautzen.example", models.TenantAdmin)
		in := st.signIn(st.Approver) // the account is somebody's
		admin, person, thief := st.signIn(st.TenantAdmin), "/verwaltung/personen/"+itoa(int(st.Approver.ID)), st.visit()
		st.moveAddress(admin, elsewhereBox)
		link := st.letter(elsewhereBox, models.MailAddress)
		if link.Facts.Opens.Sub(now(st)) < models.AddressWait-time.Minute || !link.Facts.Expires.After(link.Facts.Opens) {
			t.Error(link.Facts)
		}
		confirm := func(want int) { thief.come(link).is(200); thief.send("/zugang", url.Values{}).is(want) }
		thief.come(link).is(200).shows("Öffnen Sie den Link dann noch einmal").hides("Adresse bestätigen</span>")
		confirm(409)
		if n := st.letters(other.Email, models.MailAddressWatch); n != 1 || st.letters(st.TenantAdmin.Email, models.MailAddressWatch) != 0 || st.letters(st.Admin.Email, models.MailAddressWatch) != 0 {
			t.Errorf("%d letters to the others who administer", n)
		}
		if l := st.letter(other.Email, models.MailAddressWatch); l.Facts.Account != st.Approver.Name || l.Facts.Actor != st.TenantAdmin.Name || !l.Facts.Opens.Equal(link.Facts.Opens) || l.Facts.Link != "" {
			t.Error(l.Facts)
		}
		if err := st.s.AskReset(t.Context(), elsewhereBox, ""); err != nil {
			t.Fatal(err)
		}
		if st.letters(elsewhereBox, models.MailReset) != 0 {
			t.Error("the new mailbox can set the password anew")
		}

		// the owner refuses by the letter
		consent, owner := st.letter(st.Approver.Email, models.MailAddressConsent), st.visit()
		thief.come(consent).is(200) // the secret of the one does not open the other
		owner.come(consent).is(200).shows(elsewhereBox, "Zustimmen", "Ablehnen")
		owner.send("/zugang", url.Values{}).is(200).shows("Zustimmen") // neither
		if to := owner.send("/zugang", url.Values{"antwort": {"nein"}}).is(303).header.Get("Location"); to != "/anmelden?erledigt=address_stopped" {
			t.Error(to)
		}
		thief.over(link)
		owner.over(consent)

		// the owner refuses while signed in
		st.moveAddress(admin, elsewhereBox)
		link = st.letter(elsewhereBox, models.MailAddress)
		in.open("/konto/adresse").is(200).shows(st.TenantAdmin.Name + " will für Ihren Zugang " + elsewhereBox)
		in.send("/konto/adresse/ablehnen", url.Values{}).is(303)
		in.send("/konto/adresse/ablehnen", url.Values{}).is(409).shows("Dazu ist schon entschieden.")
		thief.over(link)

		// another administrator does
		st.moveAddress(admin, elsewhereBox)
		link = st.letter(elsewhereBox, models.MailAddress)
		colleague := st.signIn(other)
		page := colleague.open(person).is(200).shows(st.TenantAdmin.Name + " hat " + elsewhereBox + " beantragt.")
		colleague.send(person+"/adresse/ablehnen", url.Values{"version": {string(versionField.FindSubmatch(page.body)[1])}}).is(303)
		SetNow(t, st.s, now(st).Add(models.AddressWait+time.Hour))
		thief.over(link)
		if m := st.member(st.Approver.Email); m.ID != st.Approver.ID || m.AddressBy != 0 {
			t.Errorf("%+v", m)
		}
		st.whole()
	})
}

// colleague is somebody more in Bautzen, with a password.
func (st *stage) colleague(email string, roles ...models.Role) models.User {
	st.Helper()
	return st.colleagueIn(Bautzen, email, roles...)
}

// colleagueIn is somebody more in a municipality, with a password.
func (st *stage) colleagueIn(ags, email string, roles ...models.Role) models.User {
	st.Helper()
	hash, err := models.HashPassword(castPassword)
	if err == nil {
		_, err = st.s.AddUser(st.Context(), models.NewUser{AGS: ags, Email: email, Name: "Amt " + strings.Split(email, "@")[0], PasswordHash: hash, Roles: roles})
	}
	if err != nil {
		st.Fatal(err)
	}
	if st.tokens[email], err = st.s.CreateToken(st.Context(), email, "test", time.Hour*24*3650); err != nil {
		st.Fatal(err)
	}
	return st.member(email).User
}

// TestTheOwnersWord: once the owner has agreed, the new mailbox confirms at once, and the account keeps its whole vote.
func TestTheOwnersWord(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		st.signIn(st.Approver)
		st.moveAddress(st.signIn(st.TenantAdmin), elsewhereBox)
		owner, consent := st.visit(), st.letter(st.Approver.Email, models.MailAddressConsent)
		owner.come(consent).is(200)
		to := owner.send("/zugang", url.Values{"antwort": {"ja"}}).is(303).header.Get("Location")
		owner.open(to).is(200).shows("Sie haben zugestimmt.").hides("Zustimmen</span>")
		mailbox := st.visit()
		mailbox.come(st.letter(elsewhereBox, models.MailAddress)).is(200).shows("Adresse bestätigen</span>")
		mailbox.send("/zugang", url.Values{}).is(303)
		if m := st.member(elsewhereBox); m.ID != st.Approver.ID || m.AddressBy != 0 {
			t.Errorf("%+v", m)
		}
		owner.over(consent)
		if st.letters(st.Admin.Email, models.MailAddressWatch) != 1 {
			t.Error("where nobody else administers, the provider's administration hears of it")
		}
		st.whole()
	})
}

// TestADeadMailbox: without the owner's word the address counts after the wait; what
// the one who asked has filed, the account then does not approve.
func TestADeadMailbox(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		both := st.colleague("beides@bautzen.example", models.TenantAdmin, models.Clerk)
		number, theirs := st.file(both, fee(2500, "2027-01-01")), st.file(st.Clerk, fee(2600, "2027-02-01"))
		old := st.signIn(st.Approver)
		st.moveAddress(st.signIn(both), elsewhereBox)
		link := st.letter(elsewhereBox, models.MailAddress)
		SetNow(t, st.s, now(st).Add(models.AddressWait+time.Minute))
		box := st.visit()
		box.come(link).is(200).shows("Adresse bestätigen</span>")
		box.send("/zugang", url.Values{}).is(303)
		old.open("/").is(303)
		m := st.member(elsewhereBox)
		if m.ID != st.Approver.ID || m.AddressBy != both.ID {
			t.Errorf("%+v", m)
		}
		taken := st.signIn(m.User)
		taken.open("/auftraege/" + number).is(200).shows("hat jemand eingetragen, der diesen Auftrag gestellt oder bearbeitet hat").hides("/schritt/approve")
		taken.send("/auftraege/"+number+"/schritt/approve", url.Values{"version": {itoa(st.now(number))}}).is(403)
		taken.open("/auftraege/" + theirs).is(200).shows("/schritt/approve")
		st.whole()
	})
}

// TestASecondSelfIsSeen: whoever administers hears when a colleague makes an account that may decide, or gives one such a role.
func TestASecondSelfIsSeen(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		other := st.colleague("mandant2@bautzen.example", models.TenantAdmin)
		admin := st.signIn(st.TenantAdmin)
		add := func(email, role string) {
			admin.open("/verwaltung/personen/neu")
			admin.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {email}, "name": {"Amt " + role}, "rollen": {role}}).is(303)
		}
		add("zweites@bautzen.example", "approver")
		l := st.letter(other.Email, models.MailAccountAdded)
		if l.Facts.Account != "Amt approver" || l.Facts.AccountID != st.member("zweites@bautzen.example").ID || len(l.Facts.Roles) != 1 || l.Facts.Actor != st.TenantAdmin.Name {
			t.Errorf("%+v", l.Facts)
		}
		add("drittes@bautzen.example", "clerk")
		if n := st.letters(other.Email, models.MailAccountAdded); n != 1 || st.letters(st.TenantAdmin.Email, models.MailAccountAdded) != 0 {
			t.Errorf("%d letters", n)
		}
		m := st.member("drittes@bautzen.example")
		if err := st.s.ChangePerson(t.Context(), st.TenantAdmin, m.ID, m.Version, models.PersonChange{Name: m.Name, Locale: "de", Roles: []models.Role{models.Clerk, models.Approver}}, nil); err != nil {
			t.Fatal(err)
		}
		if l := st.letter(other.Email, models.MailRolesChanged); len(l.Facts.Roles) != 2 {
			t.Errorf("%+v", l.Facts)
		}
		if n := st.count("SELECT count(*) FROM security_events WHERE code = 'account_added' AND user_id = " + itoa(int(st.TenantAdmin.ID))); n != 2 {
			t.Errorf("%d in the security log", n)
		}
		// an invitation that nobody has accepted yet is nobody's: its address can be put right
		mistyped := st.member("zweites@bautzen.example")
		if err := st.s.AskAddressOf(t.Context(), st.TenantAdmin, mistyped.ID, mistyped.Version, "richtig@bautzen.example", nil); err != nil {
			t.Fatal(err)
		}
		box := st.visit()
		box.come(st.letter("richtig@bautzen.example", models.MailAddress)).is(200)
		box.send("/zugang", url.Values{}).is(303)
		st.whole()
	})
}
