package handlers

import "testing"

func TestHarmlessCells(t *testing.T) {
	for _, cell := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\"=1\"", "'=1", "＝1+1", "＋1", "－1", "＠A", "|calc", "%0A=1", "\u00a0=1", "\u3000=1",
		"=cmd|'/C calc'!A0", "=HYPERLINK(\"http://evil.example\")", "=IMPORTXML(1)", "-2+3+cmd|' /C calc'!A0", "@", "=", "+", "-",
	} {
		if got := harmless(cell)[0]; got != "'"+cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
	for _, cell := range []string{"", "Geburtsurkunde", "20,00 €", "–", "12 500", "a=b"} {
		if got := harmless(cell)[0]; got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}
