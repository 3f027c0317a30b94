package gv100ad

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"formwandel/models/modelstest/prompt"
)

func testFile(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/made-for-tests.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// latin1 writes text as ISO-8859-1.
func latin1(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

// municipality builds a record of type 60 with fields at their columns.
func municipality(ags, name, mark string) string {
	return fmt.Sprintf("6020261231%s0020%-50s%-50s%s    %011d%011d%011d    02625", ags, name, "", mark, 6664, 38000, 19000)
}

func TestFileOfSaxony(t *testing.T) {
	found, warns, err := Read(strings.NewReader(testFile(t)), "14")
	if err != nil || len(warns) != 0 {
		t.Fatalf("err %v, warnings %v", err, warns)
	}
	if len(found) != 13 {
		t.Fatalf("found %d municipalities, want 13 (without the forest and Potsdam)", len(found))
	}
	for ags, want := range map[string]Municipality{
		"14625020": {"14625020", "146250020020", "Bautzen", "Große Kreisstadt", "02625", 38000, "2026-12-31"},
		"14713000": {"14713000", "147130000000", "Leipzig", "Kreisfreie Stadt", "04109", 620000, "2026-12-31"},
		"14627140": {"14627140", "146270140140", "Meißen", "Große Kreisstadt", "01662", 28000, "2026-12-31"},
		"14628210": {"14628210", "146280210210", "Kreischa", "Kreisangehörige Gemeinde", "01731", 4500, "2026-12-31"},
		"14523120": {"14523120", "145235101120", "Falkenstein/Vogtl.", "Stadt", "08223", 7800, "2026-12-31"},
	} {
		i := slices.IndexFunc(found, func(m Municipality) bool { return m.AGS == ags })
		if i < 0 || found[i] != want {
			t.Errorf("%s: got %+v, want %+v", ags, found[max(i, 0)], want)
		}
	}
}

func TestSameFileInOtherClothes(t *testing.T) {
	file := testFile(t)
	want, _, _ := Read(strings.NewReader(file), "14")
	for name, text := range map[string]string{
		"with BOM":             "\uFEFF" + file,
		"with bare LF":         strings.ReplaceAll(file, "\r\n", "\n"),
		"without last newline": strings.TrimRight(file, "\r\n"),
		"with end-of-file":     file + "\x1a",
		"with blank lines":     strings.ReplaceAll(file, "\r\n", "\r\n   \r\n"),
		"in ISO-8859-1":        latin1(file),
	} {
		got, warns, err := Read(strings.NewReader(text), "14")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: err %v, got %v", name, err, got)
		}
		if latin := strings.Contains(fmt.Sprint(warns), "ISO-8859-1"); latin != (name == "in ISO-8859-1") {
			t.Errorf("%s: warnings %v", name, warns)
		}
	}
}

func TestOddLinesAreWarnings(t *testing.T) {
	bautzen := municipality("14625020", "Bautzen, Stadt", "67")
	for name, c := range map[string]struct{ line, warning string }{
		"unknown type":      {"99" + bautzen[2:], `unknown record type "99"`},
		"not a record":      {"# Gemeinden", `unknown record type "#"`},
		"letters in key":    {municipality("146250XX", "Bautzen, Stadt", "67"), "no AGS of 8 digits"},
		"cut in key":        {bautzen[:14], "no AGS of 8 digits"},
		"cut before name":   {bautzen[:22], "no readable name"},
		"control character": {municipality("14625021", "Baut\x00zen", "67"), "no readable name"},
		"twice":             {bautzen, "already in line 1"},
		"unknown kind":      {municipality("14625030", "Bautzen, Stadt", "99"), `unknown Textkennzeichen "99"`},
		"without seat":      {municipality("14625030", "Bautzen", "67")[:165], "no postal code"},
		"negative":          {strings.Replace(municipality("14625030", "Bautzen", "67"), "00000038000", "-0000038000", 1), "no number of inhabitants"},
		"no such day":       {strings.Replace(municipality("14625030", "Bautzen", "67"), "20261231", "20261331", 1), "no day JJJJMMTT"},
		"no association":    {strings.Replace(municipality("14625030", "Bautzen", "67"), "300020", "30    ", 1), "no association"},
		"endless":           {strings.Repeat("6", maxLine+1), "skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			found, warns, err := Read(strings.NewReader(bautzen+"\n"+c.line+"\n"), "14")
			if err != nil || found[0].Name != "Bautzen" {
				t.Fatalf("err %v, found %v", err, found)
			}
			if len(warns) != 1 || warns[0].Line != 2 || !strings.Contains(warns[0].Message, c.warning) {
				t.Errorf("warnings %v, want one in line 2 with %q", warns, c.warning)
			}
		})
	}
}

func TestNothingFoundSaysWhatWasExpected(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "read 0 lines"},
		"other Land":   {municipality("12054000", "Potsdam, Stadt", "61"), "1 of them municipalities of another prefix"},
		"uninhabited":  {municipality("14729999", "Wald", "66"), "record type 60 in columns 1-2"},
		"spread sheet": {"AGS;Name\n14625020;Bautzen\n", `beginning with "14"`},
	} {
		_, _, err := Read(strings.NewReader(c.text), "14")
		if !errors.Is(err, ErrNoMunicipality) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, _, err := Read(strings.NewReader("PK\x03\x04…"), "14"); err == nil || !strings.Contains(err.Error(), "ZIP") {
		t.Errorf("ZIP: %v", err)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	_, warns, err := Read(strings.NewReader(strings.Repeat("x\n", 5000)), "14")
	if err == nil || len(warns) != maxWarns+1 || warns[0] != (Warning{0, "4900 further warnings left out"}) {
		t.Errorf("err %v, %d warnings, first %v", err, len(warns), warns[0])
	}
}

func TestHugeFileIsRefused(t *testing.T) {
	_, _, err := Read(zeros{}, "14")
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func FuzzRead(f *testing.F) {
	file := testFile(f)
	f.Add(file)
	f.Add(latin1(file))
	f.Add("\uFEFF60\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		defer prompt.Answer(t)()
		found, warns, err := Read(strings.NewReader(text), "14")
		if (err == nil) != (len(found) > 0) || len(warns) > maxWarns+2 {
			t.Fatalf("err %v, %d found, %d warnings", err, len(found), len(warns))
		}
		for _, m := range found {
			if !digits(m.AGS, 8) || m.Name == "" || m.Population < 0 || !strings.HasPrefix(m.AGS, "14") {
				t.Fatalf("unsound municipality %+v", m)
			}
		}
	})
}
