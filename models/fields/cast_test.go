package fields

import (
	"testing"

	"formwandel/models/calendar"
)

// The fields of a Saxon town hall that the tests talk about.
var (
	firstCopy = Field{Key: "gebuehren.erste", Label: "Gebühr erste Geburtsurkunde", Type: Money, Configurable: true, Required: true, Default: "2000", Constraints: Constraints{Max: "1000000"}}
	nextCopy  = Field{Key: "gebuehren.weitere", Label: "Gebühr jede weitere Urkunde", Type: Money, Configurable: true, Constraints: Constraints{NotAbove: "gebuehren.erste"}}
	period    = Field{Key: "hund.anzeigefrist_tage", Label: "Anzeigefrist in Tagen", Type: Integer, Configurable: true, Constraints: Constraints{Min: "7", Max: "31"}}
	diameter  = Field{Key: "feuer.freigrenze_m", Label: "Freigrenze in Metern", Type: Decimal, Configurable: true, Constraints: Constraints{Min: "0", Max: "2.5"}}
	subject   = Field{Key: "abschluss.betreff", Label: "Betreff", Type: Text, Configurable: true, Constraints: Constraints{MaxLength: 120, Placeholders: []string{"az", "datum"}}}
	purpose   = Field{Key: "zahlung.ePayBL.verwendungszweck", Label: "Verwendungszweck", Type: Text, Configurable: true, Constraints: Constraints{MaxLength: 27, Pattern: `[A-Z0-9 .,/+-]*`, PatternHint: "Erlaubt sind Großbuchstaben, Ziffern und . , / + -"}}
	notice    = Field{Key: "einstieg.hinweistext", Label: "Hinweistext", Type: Markdown, Configurable: true, Constraints: Constraints{MaxLength: 4000}}
	contact   = Field{Key: "kontakt.email", Label: "E-Mail", Type: Email, Configurable: true, Required: true}
	phone     = Field{Key: "kontakt.telefon", Label: "Telefon", Type: Phone, Configurable: true}
	account   = Field{Key: "zahlung.iban", Label: "Konto", Type: IBAN, Configurable: true}
	validFrom = Field{Key: "gebuehren.gueltig_ab", Label: "Gültig ab", Type: Date, Configurable: true, Constraints: Constraints{NotPast: true}}
	vetProof  = Field{Key: "hund.nachweis_tierarzt", Label: "Nachweis vom Tierarzt", Type: Bool, Configurable: true}
	policy    = Field{Key: "zahlung.policy", Label: "Bezahlung", Type: Enum, Configurable: true, Constraints: Constraints{Options: []Option{{"inaktiv", "Inaktiv"}, {"verpflichtend", "Verpflichtend"}}}}
	shipping  = Field{Key: "versand.arten", Label: "Versandarten", Type: EnumSet, Configurable: true, Constraints: Constraints{MinItems: 1, Options: []Option{{"inland", "Post Inland"}, {"ausland", "Post Ausland"}, {"abholung", "Abholung"}}}}
	postcodes = Field{Key: "zustaendigkeit.plz_liste", Label: "Zulässige Postleitzahlen", Type: List, Configurable: true, Constraints: Constraints{
		MaxItems: 50, Unique: true, Item: &Item{Type: Text, Constraints: Constraints{Pattern: `[0-9]{5}`, PatternHint: "Eine Postleitzahl hat fünf Ziffern."}}}}
	fees = Field{Key: "gebuehren.positionen", Label: "Gebühren", Type: Table, Configurable: true, Constraints: Constraints{Unique: true, Columns: []Column{
		{Key: "bezeichnung", Label: "Bezeichnung", Type: Text, Required: true, Constraints: Constraints{MaxLength: 120}},
		{Key: "betrag", Label: "Betrag", Type: Money, Required: true, Constraints: Constraints{Max: "1000000"}},
		{Key: "rechtsgrundlage", Label: "Rechtsgrundlage", Type: Text}}}}
	password = Field{Key: "zahlung.ePayBL.keystorePassword", Label: "Kennwort des Schlüsselspeichers", Type: Protected, Configurable: true}

	cast = []Field{firstCopy, nextCopy, period, diameter, subject, purpose, notice, contact, phone, account, validFrom, vetProof, policy, shipping, postcodes, fees, password, link}
)

var newYear = calendar.NewDay(2027, 1, 1)

// typed is what becomes of a text: a value, or the code of a problem.
type typed struct {
	field Field
	text  string
	value Value
	code  string
}

func (c typed) hold(t *testing.T) {
	t.Helper()
	v, err := c.field.ParseText(c.text)
	if v != c.value || codeOf(err) != c.code {
		t.Errorf("%s %q: %s, %v; want %s %s", c.field.Type, c.text, v, err, c.value, c.code)
	}
	if err == nil && c.field.Type != Protected {
		if again, err := c.field.ParseText(c.field.Text(v)); err != nil || again != v {
			t.Errorf("%s %s: written as %q, read again as %s, %v", c.field.Type, v, c.field.Text(v), again, err)
		}
	}
}
