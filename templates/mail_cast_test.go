package templates

import "formwandel/models"

const atBautzen = "https://formwandel.example"

// birthCertificate is the sample letter; in a question somebody has typed an address.
func birthCertificate(kind models.MailKind, role, locale string) models.Letter {
	l := SampleLetter(kind, role, locale)
	if kind == models.MailQuestion {
		l.Facts.Comment += "\nDie Satzung steht unter https://evil.example/satzung."
	}
	return l
}
