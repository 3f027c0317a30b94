package models_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestEveryWriteToASealedRowSaysSo: who changes a cell that a seal is over, or makes such a row, notes it before, in the same
// function; else the row would be found as if somebody had written it past the program.
func TestEveryWriteToASealedRowSaysSo(t *testing.T) {
	cells := models.SealedCells()
	rows := map[string]string{"secretRow": "secrets", "idempotencyRow": "idempotency", "Approval": "approvals", "Municipality": "municipalities"}
	makes := regexp.MustCompile(`INSERT INTO (\w+)`)
	changes := regexp.MustCompile(`(?:UPDATE (\w+) SET|ON CONFLICT \([^)]*\) DO UPDATE SET)([^` + "`" + `]*)`)
	sets := regexp.MustCompile(`(\w+) = `)
	found := 0
	eachFunction(t, func(name, text string) {
		var touches []string
		for _, m := range makes.FindAllStringSubmatch(text, -1) {
			touches = append(touches, m[1])
		}
		for _, m := range changes.FindAllStringSubmatch(text, -1) {
			set, _, _ := strings.Cut(m[2], " WHERE ")
			for _, column := range sets.FindAllStringSubmatch(set, -1) {
				if slices.Contains(cells[m[1]], column[1]) {
					touches = append(touches, m[1])
				}
			}
		}
		for row, table := range rows {
			if strings.Contains(text, ".insert(") && regexp.MustCompile(`\b`+row+`\{`).MatchString(text) {
				touches = append(touches, table)
			}
		}
		for _, table := range touches {
			if cells[table] == nil || strings.Contains(text, "sealOfCells(") || strings.Contains(text, "sealOfEnd(") { // it seals what it writes
				continue
			}
			found++
			if !strings.Contains(text, `touches("`+table+`"`) && !strings.Contains(text, `touched{"`+table+`"`) && !strings.Contains(text, `touched{table: "`+table+`"`) && !(table == "attempts" && strings.Contains(text, "touches: c.touched()")) {
				t.Errorf("%s writes to %s and does not say so", name, table)
			}
		}
	})
	if found < 40 {
		t.Errorf("only %d writes were found", found)
	}
}

// eachFunction passes the functions of this room by name, with their words.
func eachFunction(t *testing.T, each func(name, text string)) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				each(f.Name.Name, string(text[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset]))
			}
		}
	}
}

// TestOneWayToChangeAMail: a mail's row is counted by the code that changes it, and by no trigger; so it is changed, made and deleted in few places.
func TestOneWayToChangeAMail(t *testing.T) {
	writes := regexp.MustCompile(`(?:UPDATE|INSERT INTO|DELETE FROM) mails\b`)
	may := map[string]string{
		"changeMailWhere": "counts both", "forged": "leaves the seal", "afterRestore": "counted anew at the next start", "sealMails": "counted anew behind it",
		"empty": "mailsGoing", "expire": "counts what it deletes",
	}
	eachFunction(t, func(name, text string) {
		if !writes.MatchString(text) {
			return
		}
		if may[name] == "" {
			t.Errorf("%s writes to mails past changeMail", name)
		}
		delete(may, name)
	})
	if len(may) > 0 {
		t.Errorf("these do not write to mails: %v", may)
	}
}

// TestAMigrationHasEverythingCountedAnew: it moves the list of migrations, and perhaps rows; who starts next counts what is there.
func TestAMigrationHasEverythingCountedAnew(t *testing.T) {
	for _, kind := range Databases {
		files, err := filepath.Glob("migrations/" + kind + "/*.sql")
		if err != nil || len(files) < 29 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Base(name) >= "0030" && !strings.Contains(string(text), "'seals.wanted'") {
				t.Errorf("%s does not ask for it", name)
			}
		}
	}
}
