package templates

import (
	"strconv"
	"strings"
	"time"

	"formwandel/models"
)

// Letters about somebody's own account. No name and no address stands in a subject.

// accountOrder is the order in which an account's life brings them.
var accountOrder = []models.MailKind{
	models.MailInvitation, models.MailReset, models.MailPasswordChanged, models.MailAddress, models.MailAddressAsked, models.MailAddressConsent,
	models.MailAddressChanged, models.MailFactorReset, models.MailRecoveryUsed, models.MailAccountAdded, models.MailRolesChanged, models.MailAddressWatch,
}

var accountKinds = kindSet(accountOrder)

// administrationKinds go to those who administer the account, and not to its person.
var administrationKinds = kindSet([]models.MailKind{models.MailAccountAdded, models.MailRolesChanged, models.MailAddressWatch})

// accountReader is who reads a kind of letter about an account.
func accountReader(kind models.MailKind) string {
	if administrationKinds[kind] {
		return "administration"
	}
	return "person"
}

func kindSet(kinds []models.MailKind) map[models.MailKind]bool {
	set := make(map[models.MailKind]bool, len(kinds))
	for _, k := range kinds {
		set[k] = true
	}
	return set
}

// bringsLink are those whose one action is a personal link, good once.
var bringsLink = kindSet([]models.MailKind{models.MailInvitation, models.MailReset, models.MailAddress, models.MailAddressConsent})

// accountMail is a letter about an account: why, what, until when, the one thing to do.
func (w *letterWriter) accountMail() Mail {
	key := "mail." + string(w.kind)
	m := Mail{Lang: w.words.Lang(), Subject: w.words.Say("mail.subject_account", map[string]any{"what": w.say(key + ".what")})}
	why := key + ".why"
	if w.kind == models.MailInvitation && w.facts.Municipality != "" {
		why += ".municipality"
	}
	lead := key + ".lead"
	if w.kind == models.MailAddress && !w.facts.Opens.IsZero() {
		lead += ".waits"
	}
	if w.kind == models.MailAddressWatch && w.facts.Opens.IsZero() {
		lead += ".now"
	}
	m.Blocks = append(m.Blocks, w.paragraph("mail.hello"), w.paragraph(why), Block{Kind: Paragraph, Text: w.sayWith(lead, "instant", instantIn(w.words, w.facts.Opens))})
	if !w.facts.Expires.IsZero() {
		m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: w.sayWith("mail.account.expires", "instant", instantIn(w.words, w.facts.Expires))})
	}
	if !bringsLink[w.kind] {
		m.Blocks = append(m.Blocks, Block{Kind: Facts, Items: append(w.accountFacts(), w.happened())})
	}
	if w.facts.Tokens > 0 {
		m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: w.tokens()})
	}
	m.Blocks = append(m.Blocks, w.accountAction(key)...)
	m.Blocks = append(m.Blocks, w.paragraph(key+".next"), Block{Kind: Footer, Items: []string{w.say("mail.footer.automatic"), w.say("mail.account.mailbox")}})
	return m
}

// tokens says how many go on counting after a new password, and where they are revoked.
func (w *letterWriter) tokens() string {
	if w.facts.Tokens == 1 {
		return w.say("mail.password_changed.tokens.one")
	}
	return w.sayWith("mail.password_changed.tokens", "n", w.facts.Tokens)
}

// accountFacts are whose account it is and what it may, for those who administer it.
func (w *letterWriter) accountFacts() (lines []string) {
	if !administrationKinds[w.kind] {
		return nil
	}
	var roles []string
	for _, r := range w.facts.Roles {
		roles = append(roles, w.say("web.role."+string(r)))
	}
	return []string{w.sayWith("mail.account.of", "account", registerName(w.facts.Account)), w.sayWith("mail.account.roles", "roles", strings.Join(roles, ", "))}
}

// accountAction is the personal link, or where to go if it was not the person;
// who reads the letter elsewhere is told that the link is not shown.
func (w *letterWriter) accountAction(key string) []Block {
	switch {
	case w.kind == models.MailAddressChanged: // a reset would not come here any more
		return []Block{{Kind: Link, Text: w.say("mail.account.sign_in"), URL: w.base + "/anmelden"}}
	case administrationKinds[w.kind]:
		return []Block{{Kind: Link, Text: w.say("mail.account.see"), URL: w.base + "/verwaltung/personen/" + strconv.FormatInt(w.facts.AccountID, 10)}}
	case !bringsLink[w.kind]:
		return []Block{{Kind: Link, Text: w.say("mail.account.reset"), URL: w.base + "/anmelden/vergessen"}}
	case w.facts.Link == "":
		return []Block{w.paragraph("mail.account.hidden")}
	}
	return []Block{{Kind: Link, Text: w.say(key + ".action"), URL: w.base + oneLine(w.facts.Link)}}
}

// sampleAccountLetter is one with example facts, as the administration sees it.
func sampleAccountLetter(kind models.MailKind, role, locale string) models.Letter {
	at := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	l := models.Letter{
		Mail:  models.Mail{Kind: kind, Role: role, Locale: locale},
		Facts: models.MailFacts{Municipality: "Bautzen", AGS: "14625020", Actor: "Mandant Bautzen", At: at},
	}
	switch kind {
	case models.MailInvitation:
		l.Facts.Expires = at.AddDate(0, 0, 7)
	case models.MailPasswordChanged:
		l.Facts.Tokens = 2
	case models.MailReset:
		l.Facts.Expires = at.Add(15 * time.Minute)
	case models.MailAddress:
		l.Facts.Expires = at.AddDate(0, 0, 1)
	case models.MailAddressConsent, models.MailAddressWatch:
		l.Facts.Opens, l.Facts.Expires = at.AddDate(0, 0, 3), at.AddDate(0, 0, 7)
	}
	if administrationKinds[kind] {
		l.Facts.Account, l.Facts.AccountID, l.Facts.Roles, l.Facts.Expires = "Freigabe Bautzen", 17, []models.Role{models.Approver}, time.Time{}
	}
	return l
}
