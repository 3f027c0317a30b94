package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"formwandel/templates"
)

// rooms are the top-level packages and the only rooms of ours that each may know.
var rooms = map[string][]string{
	"app":       {"handlers", "mailer", "models", "templates"},
	"handlers":  {"models", "templates"},
	"mailer":    {"models", "templates"},
	"templates": {"models"},
	"models":    {},
}

// TestArrows keeps the drawing in docs/architecture.md true: what a room knows,
// directly or through others, is what the drawing says.
func TestArrows(t *testing.T) {
	found := map[string]bool{}
	for _, p := range packages(t) {
		room := roomOf(p.ImportPath)
		allowed, ok := rooms[room]
		if !ok {
			continue // tests and measurements look at everything
		}
		found[room] = true
		for _, dep := range p.Deps {
			other := roomOf(dep)
			if other != "" && other != room && !slices.Contains(allowed, other) {
				t.Errorf("%s knows %s, but %s may know only %v", p.ImportPath, dep, room, allowed)
			}
		}
	}
	for room := range rooms {
		if !found[room] {
			t.Errorf("the room %s was not found: does this test still look at the right place?", room)
		}
	}
}

// TestEveryDecisionIsInTheTable: the table in docs/architecture.md names what lies in docs/adr, in its order.
func TestEveryDecisionIsInTheTable(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var said, lie []string
	for _, m := range regexp.MustCompile(`(?m)^\| \[(\d+)\]\(adr/(\d{4}-[^)]+)\)`).FindAllStringSubmatch(string(page), -1) {
		if said = append(said, m[2]); strings.TrimLeft(m[2][:4], "0") != m[1] {
			t.Errorf("%s is called %s", m[2], m[1])
		}
	}
	files, err := filepath.Glob("../docs/adr/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		lie = append(lie, filepath.Base(f))
	}
	if !slices.Equal(said, lie) {
		t.Errorf("the table says %v, and there are %v", said, lie)
	}
}

// listed is what go list tells of a package. Deps are all it needs, tests left out.
type listed struct {
	ImportPath string
	Deps       []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var ps []listed
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := in.Decode(&p)
		if errors.Is(err, io.EOF) {
			return ps
		}
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

// roomOf is the top-level folder of one of our packages, "" for anybody else's.
func roomOf(importPath string) string {
	rest, ours := strings.CutPrefix(importPath, "formwandel/")
	if !ours {
		return ""
	}
	room, _, _ := strings.Cut(rest, "/")
	return room
}

// forbidden are names with few permitted places, or none: package, name, where, and why.
var forbidden = []struct {
	pkg, name string
	only      []string
	why       string
}{
	{"time", "Now", []string{"app/clock.go", "models/store.go"}, "the clock is injected: use the one you were given"},
	{"time", "Since", nil, "it asks this machine's clock: subtract instants of the injected one"},
	{"time", "Until", nil, "it asks this machine's clock: subtract instants of the injected one"},
	{"html/template", "HTML", []string{"templates/mail.go"}, "it switches escaping off: let a template write the markup"},
	{"html/template", "HTMLAttr", nil, "it switches escaping off: let a template write the attribute"},
	{"html/template", "JS", nil, "it switches escaping off"},
	{"html/template", "URL", nil, "it switches the check of addresses off"},
	{"gorm.io/gorm", "Model", nil, "soft deletes and hidden columns: a row says what it holds"},
	{"os", "Exit", []string{"app/main.go"}, "deferred work would be skipped: return the error"},
}

// TestForbiddenNames looks for what no review should have to look for. Tests may do as they like.
func TestForbiddenNames(t *testing.T) {
	for path, file := range sources(t) {
		imported := importNames(file)
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, f := range forbidden {
				if imported[of.Name] == f.pkg && sel.Sel.Name == f.name && !slices.Contains(f.only, path) {
					t.Errorf("%s uses %s.%s: %s", path, of.Name, f.name, f.why)
				}
			}
			return true
		})
	}
}

// writtenSQL are GORM's methods whose first text is SQL, and where it stands among the arguments.
var writtenSQL = map[string]int{"Where": 0, "Or": 0, "Not": 0, "Having": 0, "Joins": 0, "Raw": 0, "Group": 0, "Select": 0, "Pluck": 0, "First": 1, "Last": 1, "Take": 1, "Find": 1, "Delete": 1}

// TestNoSQLFromArguments: what came with a filter, an input or a person is never the SQL itself; values go into placeholders (F6).
func TestNoSQLFromArguments(t *testing.T) {
	for path, file := range sources(t) {
		if !strings.HasPrefix(path, "models/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, isSQL := writtenSQL[sel.Sel.Name]
			if of, ok := sel.X.(*ast.Ident); !isSQL || len(call.Args) <= at || ok && of.Name == "cmp" {
				return true
			}
			if x, ok := call.Args[at].(*ast.SelectorExpr); ok { // f.Sort, in.Comment, u.AGS
				if of, ok := x.X.(*ast.Ident); ok && slices.Contains([]string{"f", "in", "u", "o", "n"}, of.Name) {
					t.Errorf("%s: %s takes %s.%s for SQL", path, sel.Sel.Name, of.Name, x.Sel.Name)
				}
			}
			return true
		})
	}
}

// unmarked are the verbs that take a user and touch no municipality's rows, or leave it to another verb.
var unmarked = []string{"Events", "Comments", "Form", "FormOn", "Maintain", "SignIn", "CalendarLink", "SavedViews", "SaveView", "DropView"}

// TestEveryVerbSaysWhoseRows: a verb that takes a user marks its context, so that the database guards what it reads.
func TestEveryVerbSaysWhoseRows(t *testing.T) {
	for path, file := range sources(t) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() || !strings.HasPrefix(path, "models/") || slices.Contains(unmarked, f.Name.Name) {
				continue
			}
			takesUser := slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
				x, ok := p.Type.(*ast.Ident)
				return ok && x.Name == "User"
			})
			takesContext := len(f.Type.Params.List) > 0 && len(f.Type.Params.List[0].Names) > 0 && f.Type.Params.List[0].Names[0].Name == "ctx"
			if takesUser && takesContext && !calls(f, "as", "once", "write", "onRequest") {
				t.Errorf("%s: %s does not begin with ctx = as(ctx, u)", path, f.Name.Name)
			}
		}
	}
}

// calls tells whether a function calls one of some names.
func calls(f *ast.FuncDecl, names ...string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			switch x := c.Fun.(type) {
			case *ast.Ident:
				found = found || slices.Contains(names, x.Name)
			case *ast.SelectorExpr:
				found = found || slices.Contains(names, x.Sel.Name)
			}
		}
		return true
	})
	return found
}

// TestNothingLeftToDo keeps notes to oneself out of the code: what is open is an issue.
func TestNothingLeftToDo(t *testing.T) {
	for path, file := range sources(t) {
		for _, group := range file.Comments {
			for _, mark := range []string{"TO" + "DO", "FIX" + "ME", "XXX"} {
				if strings.Contains(group.Text(), mark) {
					t.Errorf("%s has a %s", path, mark)
				}
			}
		}
	}
}

// sources are the parsed files of our rooms, by path, without tests and test helpers.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	out := map[string]*ast.File{}
	for room := range rooms {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test") && path != filepath.Join("..", room)):
				return fs.SkipDir // modelstest, smtptest
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			out[strings.TrimPrefix(filepath.ToSlash(path), "../")] = file
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d files found", len(out))
	}
	return out
}

// importNames are the names under which a file knows other packages.
func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path
	}
	return names
}

// TestEverySettingIsDocumented keeps the README's table whole.
func TestEverySettingIsDocumented(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if !bytes.Contains(readme, []byte("`"+prefix+s+"`")) {
			t.Errorf("README.md does not tell of %s%s", prefix, s)
		}
		for _, lang := range []string{"de", "en"} {
			if !templates.Words(lang).Has("web.admin.setting." + prefix + s) {
				t.Errorf("the page of settings has no words for %s%s in %s", prefix, s, lang)
			}
		}
	}
}
