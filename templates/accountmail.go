package templates

import (
	"time"

	"formwandel/models"
)

// Letters about somebody's own account. No name and no address stands in a subject.

// accountOrder is the order in which an account's life brings them.
var accountOrder = []models.MailKind{
	models.MailInvitation, models.MailReset, models.MailPasswordChanged, models.MailAddress, models.MailAddressAsked, models.MailAddressChanged,
}

var accountKinds = kindSet(accountOrder)

func kindSet(kinds []models.MailKind) map[models.MailKind]bool {
	set := make(map[models.MailKind]bool, len(kinds))
	for _, k := range kinds {
		set[k] = true
	}
	return set
}

// bringsLink are those whose one action is a personal link, good once.
var bringsLink = kindSet([]models.MailKind{models.MailInvitation, models.MailReset, models.MailAddress})

// accountMail is a letter about an account: why, what, until when, the one thing to do.
func (w letterWriter) accountMail() Mail {
	key := "mail." + string(w.kind)
	m := Mail{Lang: w.words.Lang(), Subject: w.words.Say("mail.subject_account", map[string]any{"what": w.say(key + ".what")})}
	why := key + ".why"
	if w.kind == models.MailInvitation && w.facts.Municipality != "" {
		why += ".municipality"
	}
	m.Blocks = append(m.Blocks, w.paragraph("mail.hello"), w.paragraph(why), w.paragraph(key+".lead"))
	if !w.facts.Expires.IsZero() {
		m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: w.sayWith("mail.account.expires", "instant", instantIn(w.words, w.facts.Expires))})
	}
	if !bringsLink[w.kind] {
		m.Blocks = append(m.Blocks, Block{Kind: Facts, Items: []string{w.happened()}})
	}
	m.Blocks = append(m.Blocks, w.accountAction(key)...)
	m.Blocks = append(m.Blocks, w.paragraph(key+".next"), Block{Kind: Footer, Items: []string{w.say("mail.footer.automatic"), w.say("mail.account.mailbox")}})
	return m
}

// accountAction is the personal link, or where to go if it was not the person;
// who reads the letter elsewhere is told that the link is not shown.
func (w letterWriter) accountAction(key string) []Block {
	switch {
	case w.kind == models.MailAddressChanged: // a reset would not come here any more
		return []Block{{Kind: Link, Text: w.say("mail.account.sign_in"), URL: w.base + "/anmelden"}}
	case !bringsLink[w.kind]:
		return []Block{{Kind: Link, Text: w.say("mail.account.reset"), URL: w.base + "/anmelden/vergessen"}}
	case w.facts.Link == "":
		return []Block{w.paragraph("mail.account.hidden")}
	}
	return []Block{{Kind: Link, Text: w.say(key + ".action"), URL: w.base + w.facts.Link}}
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
	case models.MailReset:
		l.Facts.Expires = at.Add(15 * time.Minute)
	case models.MailAddress:
		l.Facts.Expires = at.AddDate(0, 0, 1)
	}
	return l
}
