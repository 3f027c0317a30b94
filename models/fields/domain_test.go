package fields

import "testing"

// What Saxon and other municipalities really ask for, see the sources of the
// built-in questionnaires.
func TestRealValuesOfMunicipalities(t *testing.T) {
	fee := Field{Type: Money, Constraints: Constraints{Min: "0", Max: "1000000"}}
	tax := Field{Type: Money, Constraints: Constraints{Max: "200000"}}
	days := Field{Type: Integer, Constraints: Constraints{Min: "1", Max: "365"}}
	metres := Field{Type: Decimal, Constraints: Constraints{Min: "0"}}
	login := Field{Type: EnumSet, Constraints: Constraints{MinItems: 1, Options: []Option{{"BUND_ID", "BundID"}, {"MUK", "Mein Unternehmenskonto"}}}}
	breeds := Field{Type: List, Constraints: Constraints{Unique: true, Item: &Item{Type: Text}}}
	amt24 := Field{Type: URL, Constraints: Constraints{Hosts: []string{"amt24.sachsen.de", "amt24dev.sachsen.de"},
		Pattern: `https://[a-z0-9]+\.sachsen\.de/zufi/leistungen/[0-9]{7}\?plz=[0-9]{5}&ags=14[0-9]{6}`, PatternHint: "Kopieren Sie den Link aus Amt24."}}
	attachments := Field{Type: Table, Constraints: Constraints{Unique: true, Columns: []Column{
		{Key: "bezeichnung", Label: "Bezeichnung", Type: Text, Required: true}, {Key: "pflicht", Label: "Pflicht", Type: Bool, Required: true}, {Key: "max_mb", Label: "MB", Type: Integer, Constraints: Constraints{Min: "1", Max: "25"}}}}}
	for _, c := range []typed{
		{fee, "15,00 €", "1500", ""}, {fee, "7", "700", ""}, {fee, "18.00", "1800", ""}, {fee, "30,70", "3070", ""}, {fee, "10.000", "1000000", ""}, {fee, "10.000,01", "", "too_large"},
		{tax, "72,00", "7200", ""}, {tax, "90,00", "9000", ""}, {tax, "108,00", "10800", ""}, {tax, "480 €", "48000", ""}, {tax, "2.000,01", "", "too_large"},
		{period, "14", "14", ""}, {days, "90", "90", ""}, {days, "0", "", "too_small"}, {days, "366", "", "too_large"}, {metres, "1,0", "1", ""}, {metres, "1,25", "1.25", ""},
		{login, "BUND_ID", `["BUND_ID"]`, ""}, {login, "MUK, BundID", `["BUND_ID","MUK"]`, ""},
		{breeds, "American Staffordshire Terrier\nBullterrier\nPitbull Terrier", `["American Staffordshire Terrier","Bullterrier","Pitbull Terrier"]`, ""}, {breeds, "Bullterrier\nbullterrier", "", "duplicate"},
		{amt24, "https://amt24.sachsen.de/zufi/leistungen/6000384?plz=02625&ags=14625020", `"https://amt24.sachsen.de/zufi/leistungen/6000384?plz=02625&ags=14625020"`, ""},
		{amt24, "https://amt24.sachsen.de/onlineantraege/onlineantrag?processInstanceId=1", "", "pattern"}, {amt24, "https://www.bautzen.de/", "", "host_not_allowed"},
		{attachments, "Impfausweis;nein;10\nVollmacht;ja;", `[{"bezeichnung":"Impfausweis","pflicht":false,"max_mb":10},{"bezeichnung":"Vollmacht","pflicht":true,"max_mb":null}]`, ""}, {attachments, "Impfausweis;nein;26", "", "too_large"},
		{notice, "Bitte halten Sie Ihren Impfausweis bereit.", `"Bitte halten Sie Ihren Impfausweis bereit."`, ""}, {subject, "Ihr Antrag ${az}", `"Ihr Antrag ${az}"`, ""}, {purpose, "HUNDESTEUER 2027", `"HUNDESTEUER 2027"`, ""},
	} {
		c.hold(t)
	}
}
