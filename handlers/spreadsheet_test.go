package handlers_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"formwandel/handlers"
	"formwandel/models"
	"formwandel/models/definition"
	. "formwandel/models/modelstest"
)

// TestNoSpreadsheetCalculates opens the product's tables in LibreOffice, with formulas wherever
// words of others can stand: in the titles of a questionnaire, in the name of a virus, in the log. In `make test` a tenth of
// them stands there; the file of what would be calculated has all.
func TestNoSpreadsheetCalculates(t *testing.T) {
	Tool(t, "soffice", "libreoffice-calc-nogui")
	chance := rand.New(rand.NewPCG(uint64(Seed(t)), 38))
	formulas := Some(chance, handlers.Formulas)
	files := map[string][]byte{"cells": handlers.HarmlessFile(t, formulas), "raw": bareFile(t, handlers.Formulas)}
	titles := slices.DeleteFunc(slices.Clone(handlers.Formulas), func(f string) bool {
		_, err := titled(t, []string{f})
		return err != nil
	})
	titles = Some(chance, titles)
	reached := 0
	for i, chunk := range slices.Collect(slices.Chunk(titles, 30)) {
		file := figuresOf(t, chunk)
		files[fmt.Sprint("figures", i)] = file
		reached += reaches(t, file, chunk)
	}
	files["log"] = logWith(t, formulas)
	logged := reaches(t, files["log"], formulas)
	found := formulaCells(t, files)
	for name, n := range found {
		if name != "raw" && n > 0 {
			t.Errorf("%s: %d cells are formulas in LibreOffice", name, n)
		}
	}
	if found["raw"] < 15 { // what the export does not write is calculated
		t.Errorf("LibreOffice finds %d formulas where they are", found["raw"])
	}
	if reached != len(titles) || reached < Share(40) || logged != len(formulas) {
		t.Errorf("%d of %d titles and %d of %d details stand in the tables", reached, len(titles), logged, len(formulas))
	}
	Score(t, "S38", "formulas in the CSV files (figures, security log, bare cells) that LibreOffice has opened", reached+logged+len(formulas),
		fmt.Sprintf("0 formula cells; %d where the same words stand as they are", found["raw"]))
}

// bareFile holds cells as they are.
func bareFile(t *testing.T, cells []string) []byte {
	t.Helper()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.Comma = ';'
	for _, cell := range cells {
		if err := w.Write([]string{"x", cell}); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return file.Bytes()
}

// reaches counts the words that stand in a table, with an apostrophe before them; a lone carriage return gets lost.
func reaches(t *testing.T, file []byte, words []string) (n int) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]bool{}
	for _, row := range rows {
		for _, cell := range row {
			cells[strings.TrimPrefix(cell, "'")] = true
		}
	}
	for _, w := range words {
		if cells[strings.ReplaceAll(w, "\r", "")] {
			n++
		}
	}
	return n
}

const titledKey = "KOMM24Titel"

// titled is a questionnaire whose sections, and itself, are called after words.
func titled(t *testing.T, words []string) (*definition.Definition, error) {
	t.Helper()
	var sections []object
	for i, w := range words {
		key := fmt.Sprint("teil", i)
		sections = append(sections, object{"key": key, "title": w, "approval": object{"municipality": 0, "provider": 1}, "fields": []object{{"key": key + ".a", "label": "A", "type": "text", "default": "x"}}})
	}
	text, err := json.Marshal(object{"key": titledKey, "version": 1, "title": words[0], "leika": "", "demo": true, "source": "Für einen Test.", "sections": sections})
	if err != nil {
		t.Fatal(err)
	}
	return definition.Read(bytes.NewReader(text), "titled")
}

// figuresOf is the table of figures once somebody has asked for a change in each section called so.
func figuresOf(t *testing.T, titles []string) []byte {
	t.Helper()
	d, err := titled(t, titles)
	if err != nil {
		t.Fatal(err)
	}
	st := newStage(t)
	if _, err := st.s.ImportAssistant(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := st.s.GoLive(t.Context(), Bautzen, titledKey, nil, false); err != nil {
		t.Fatal(err)
	}
	var changes []object
	for i := range titles {
		changes = append(changes, object{"field": fmt.Sprintf("teil%d.a", i), "new": "y"})
	}
	st.file(st.Clerk, object{"form": Bautzen + "/" + titledKey, "submit": true, "effective": object{"kind": "from", "date": "2027-01-01"}, "changes": changes})
	return st.signIn(st.Clerk).open("/zahlen.csv").is(200).body
}

// logWith is the table of the security log once a scanner has named viruses so, and the log itself was written to.
func logWith(t *testing.T, words []string) []byte {
	t.Helper()
	virus := ""
	st := stageWith(t, func(c *handlers.Config) {
		c.Scan = func(context.Context, []byte) (string, error) { return virus, nil }
	})
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	for _, virus = range words {
		st.attach(st.Clerk, number, []part{{"file", "a.pdf", pdf}}).refused(422, "virus_found")
		if err := st.s.Witness(t.Context(), models.SecurityEvent{Code: models.VirusFound, Detail: virus}); err != nil {
			t.Fatal(err)
		}
	}
	return st.signIn(st.Auditor).open("/verwaltung/sicherheitsprotokoll.csv?stunden=2160").is(200).body
}

// formulaCells lets LibreOffice open files and counts what it would calculate in each.
func formulaCells(t *testing.T, files map[string][]byte) map[string]int {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--headless", "--norestore", "-env:UserInstallation=file://" + dir + "/profile", "--convert-to", "fods", "--infilter=CSV:59,34,76,1", "--outdir", dir}
	for name, content := range files {
		args = append(args, filepath.Join(dir, name+".csv"))
		if err := os.WriteFile(filepath.Join(dir, name+".csv"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "soffice", args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	found := map[string]int{}
	for name := range maps.Keys(files) {
		sheet, err := os.ReadFile(filepath.Join(dir, name+".fods"))
		if err != nil || !bytes.Contains(sheet, []byte("<table:table-cell")) {
			t.Fatalf("%s was not opened: %v", name, err)
		}
		found[name] = bytes.Count(sheet, []byte("table:formula="))
	}
	return found
}
