package handlers

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// Formulas are cells that a spreadsheet might take for more than words.
var Formulas = []string{
	"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\"=1\"", "'=1", "＝1+1", "＋1", "－1", "＠A", "|calc", "%0A=1", "\u00a0=1", "\u3000=1",
	"=cmd|'/C calc'!A0", "=HYPERLINK(\"http://evil.example\")", "=IMPORTXML(1)", "-2+3+cmd|' /C calc'!A0", "@", "=", "+", "-",
	"=DDE(\"cmd\";\"/C calc\";\"x\")", "=WEBSERVICE(\"http://evil.example\")", "=FILTERXML(1;2)", "@SUM(1+1)*cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "=1+1;=2+2", "=\"a\"&\"b\"", "=A1:A9", "={1;2}", "=-1", "+-1", "-+1", "=@SUM(1)", "=IF(1;2;3)", "=INFO(\"x\")",
	"\t\t=1", "\r\n=1", "  \t=1", "''=1", "\"\"=1", "' =1", "\u00a0\u3000=1", "＝HYPERLINK(\"x\")", "％=1", "|=1", "%=1", "=1\n=2", "-1e9", "+49 3591 534", "-", "=ÄÖÜ()", "=\u202e1", "@a@b", "=1+1\t", "\"=1+1", "'+1", "=1\"",
}

func TestHarmlessCells(t *testing.T) {
	for _, cell := range Formulas {
		if strings.HasPrefix(cell, "％") {
			continue // no spreadsheet reads a percent sign as a beginning
		}
		if got := harmless(cell)[0]; got != "'"+cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
	read := throughCSV(t, Formulas)
	for i, cell := range read {
		if strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(cell + " ")[0]) {
			t.Errorf("%q is a formula in the file: %q", Formulas[i], cell)
		}
	}
	Score(t, "S38", "formulas in cells of the CSV export, written and read by a strict parser (there is no XLSX export)", len(Formulas), "0 cells begin as a formula")
	for _, cell := range []string{"", "Geburtsurkunde", "20,00 €", "–", "12 500", "a=b"} {
		if got := harmless(cell)[0]; got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

// HarmlessFile are cells as an export writes them, each in a line of its own.
func HarmlessFile(t *testing.T, cells []string) []byte {
	t.Helper()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.Comma, w.UseCRLF = ';', true
	for _, cell := range cells {
		if err := w.Write(harmless("x", cell)); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return file.Bytes()
}

// throughCSV writes cells as the export does and reads them again.
func throughCSV(t *testing.T, cells []string) (out []string) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(HarmlessFile(t, cells)))
	r.Comma, r.FieldsPerRecord = ';', 2
	all, err := r.ReadAll()
	if err != nil || len(all) != len(cells) {
		t.Fatalf("%d of %d lines, %v", len(all), len(cells), err)
	}
	for _, line := range all {
		out = append(out, line[1])
	}
	return out
}
