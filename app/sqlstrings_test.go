package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// sqlArguments are the methods that take SQL, and where it stands among the arguments.
var sqlArguments = map[string]map[string]int{
	"gorm.io/gorm.DB": {
		"Where": 0, "Or": 0, "Not": 0, "Having": 0, "Joins": 0, "Raw": 0, "Exec": 0, "Group": 0, "Select": 0, "Order": 0, "Table": 0, "Pluck": 0, "Distinct": 0,
		"First": 1, "Last": 1, "Take": 1, "Find": 1, "Delete": 1,
	},
	"database/sql.DB":         {"Exec": 0, "ExecContext": 1, "Query": 0, "QueryContext": 1, "QueryRow": 0, "QueryRowContext": 1, "PrepareContext": 1},
	"database/sql.Conn":       {"ExecContext": 1, "QueryContext": 1, "QueryRowContext": 1, "PrepareContext": 1},
	"database/sql.Tx":         {"Exec": 0, "ExecContext": 1, "Query": 0, "QueryContext": 1, "QueryRow": 0, "QueryRowContext": 1},
	"formwandel/models.tx":    {"do": 0, "must": 1, "touches": 1, "allSound": 2},
	"formwandel/models.Store": {"sealedRows": 2, "soundRows": 3, "eachSealed": 2},
}

// ownSQL are places whose SQL is put together from other things than constants, with what makes that safe.
var ownSQL = map[string]string{
	"update":      "names of columns, from GORM's mapping of Request",
	"byWaiting":   "conditions that are written beside it, handed on by a closure",
	"eachSealed":  "names of tables and columns, from the list of sealed tables; its condition is looked at where it is called",
	"sealedRows":  "its condition is looked at where it is called",
	"touch":       "conditions that are written beside it, handed on with an update, or a row's key by the names of the list of sealed tables",
	"sealTouched": "the same ones",
	"sealSome":    "the name of a column, from the list of sealed tables",
	"reseals":     "names of tables and columns, from the list of sealed tables",
	"orphansOf":   "a statement that PostgreSQL has put together, with names in quotation marks",
	"restoreRow":  "names of tables are ours, names of columns are letters and underscores: both are checked before",
}

// TestSQLIsConstant: what a database is asked is written in this program, whole: a constant, or put together from
// constants. Values go into placeholders, never into the text (F6).
func TestSQLIsConstant(t *testing.T) {
	m := typed(t, "formwandel/models")
	checked, used := 0, map[string]bool{}
	for _, f := range m.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				arg := m.sqlOf(n)
				if arg == nil {
					return true
				}
				checked++
				if !m.constant(arg, fn, map[ast.Node]bool{}) {
					if used[fn.Name.Name] = true; ownSQL[fn.Name.Name] == "" {
						t.Errorf("%s: %s: this SQL is not put together from constants", m.fset.Position(arg.Pos()), fn.Name.Name)
					}
				}
				return true
			})
		}
	}
	for name := range ownSQL {
		if !used[name] {
			t.Errorf("%s needs no excuse any more", name)
		}
	}
	if checked < 200 {
		t.Errorf("only %d statements were found: does this test still look at the right place?", checked)
	}
}

// typedPackage is a package with what is known of its expressions.
type typedPackage struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

// typed reads and checks a package against the compiled packages that it imports.
func typed(t *testing.T, path string) *typedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles", path)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports, own := map[string]string{}, listedFiles{}
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedFiles
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if exports[p.ImportPath] = p.Export; p.ImportPath == path {
			own = p
		}
	}
	m := &typedPackage{fset: token.NewFileSet(), info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	for _, name := range own.GoFiles {
		f, err := parser.ParseFile(m.fset, filepath.Join(own.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		m.files = append(m.files, f)
	}
	look := func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s was not compiled", path)
		}
		return os.Open(exports[path])
	}
	config := types.Config{Importer: importer.ForCompiler(m.fset, "gc", look)}
	if _, err := config.Check(path, m.fset, m.files, m.info); err != nil {
		t.Fatal(err)
	}
	return m
}

type listedFiles struct {
	ImportPath, Export, Dir string
	GoFiles                 []string
}

// sqlOf is the SQL that a call is given, nil for other nodes.
func (m *typedPackage) sqlOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || m.info.Selections[sel] == nil {
		return nil
	}
	receiver := m.info.Selections[sel].Recv()
	if p, ok := receiver.(*types.Pointer); ok {
		receiver = p.Elem()
	}
	at, ok := sqlArguments[receiver.String()][sel.Sel.Name]
	if !ok || len(call.Args) <= at {
		return nil
	}
	if b, ok := m.info.Types[call.Args[at]].Type.Underlying().(*types.Basic); !ok || b.Info()&types.IsString == 0 {
		return nil // a condition that is no text, such as another query
	}
	return call.Args[at]
}

// constant tells whether a text is put together from constants only.
func (m *typedPackage) constant(e ast.Expr, in *ast.FuncDecl, seen map[ast.Node]bool) bool {
	if m.info.Types[e].Value != nil || seen[e] {
		return true // what is being looked at already adds nothing
	}
	seen[e] = true
	all := func(es ...ast.Expr) bool {
		return !slices.ContainsFunc(es, func(x ast.Expr) bool { return !m.constant(x, in, seen) })
	}
	switch x := e.(type) {
	case *ast.ParenExpr:
		return all(x.X)
	case *ast.BinaryExpr:
		return x.Op == token.ADD && all(x.X, x.Y)
	case *ast.SliceExpr:
		return all(x.X)
	case *ast.IndexExpr:
		return all(x.X)
	case *ast.CompositeLit:
		for _, el := range x.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				el = kv.Value
			}
			if !all(el) {
				return false
			}
		}
		return true
	case *ast.Ident:
		return m.constantName(x, in, seen)
	case *ast.SelectorExpr:
		return m.constantField(x, in, seen)
	case *ast.CallExpr:
		return m.constantCall(x, in, seen)
	}
	return false
}

// constantName tells so of a variable: of everything that is ever put into it.
func (m *typedPackage) constantName(x *ast.Ident, in *ast.FuncDecl, seen map[ast.Node]bool) bool {
	object := m.info.Uses[x]
	if object == nil {
		object = m.info.Defs[x]
	}
	if _, ok := object.(*types.Var); !ok {
		return x.Name == "nil"
	}
	found, sound := false, true
	for _, f := range m.files {
		for _, d := range f.Decls {
			fn, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				for _, given := range m.given(n, object) {
					found = true
					sound = sound && m.constant(given, fn, seen)
				}
				return sound
			})
		}
	}
	if i, fn := m.parameter(object); fn != nil {
		return sound && m.constantArgument(fn, i, seen)
	}
	return found && sound
}

// given is what a node puts into a variable.
func (m *typedPackage) given(n ast.Node, object types.Object) (out []ast.Expr) {
	is := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && (m.info.Uses[id] == object || m.info.Defs[id] == object)
	}
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, l := range n.Lhs {
			if is(l) && len(n.Rhs) == len(n.Lhs) {
				out = append(out, n.Rhs[i])
			} else if is(l) {
				out = append(out, n.Rhs[0])
			}
			if ix, ok := l.(*ast.IndexExpr); ok && is(ix.X) {
				out = append(out, n.Rhs[min(i, len(n.Rhs)-1)])
			}
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if m.info.Defs[name] == object && i < len(n.Values) {
				out = append(out, n.Values[i])
			}
		}
	case *ast.RangeStmt:
		if n.Value != nil && is(n.Value) {
			out = append(out, n.X)
		}
	}
	return out
}

// parameter is the function of which a variable is a parameter, and which one.
func (m *typedPackage) parameter(object types.Object) (int, *ast.FuncDecl) {
	for _, f := range m.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			i := 0
			for _, p := range fn.Type.Params.List {
				for _, name := range p.Names {
					if m.info.Defs[name] == object {
						return i, fn
					}
					i++
				}
			}
		}
	}
	return 0, nil
}

// constantArgument tells so of an argument in every call of a function that nobody outside can call.
func (m *typedPackage) constantArgument(fn *ast.FuncDecl, i int, seen map[ast.Node]bool) bool {
	object, called, sound := m.info.Defs[fn.Name], false, !fn.Name.IsExported()
	for _, f := range m.files {
		for _, d := range f.Decls {
			from, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if ok && m.calls(call) == object && i < len(call.Args) {
					called = true
					sound = sound && m.constant(call.Args[i], from, seen)
				}
				return sound
			})
		}
	}
	return called && sound
}

// calls is the function that a call calls.
func (m *typedPackage) calls(call *ast.CallExpr) types.Object {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return m.info.Uses[f]
	case *ast.SelectorExpr:
		return m.info.Uses[f.Sel]
	}
	return nil
}

// constantField tells so of a struct's field: of everything that any literal or assignment puts into it.
func (m *typedPackage) constantField(x *ast.SelectorExpr, _ *ast.FuncDecl, seen map[ast.Node]bool) bool {
	field, ok := m.info.Uses[x.Sel].(*types.Var)
	if !ok || !field.IsField() || field.Exported() || field.Pkg().Path() != "formwandel/models" {
		return false
	}
	found, sound := false, true
	put := func(e ast.Expr, in *ast.FuncDecl) {
		found = true
		sound = sound && m.constant(e, in, seen)
	}
	for _, f := range m.files {
		for _, d := range f.Decls {
			in, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CompositeLit:
					if e := m.literalField(n, field); e != nil {
						put(e, in)
					}
				case *ast.AssignStmt:
					for i, l := range n.Lhs {
						if s, ok := l.(*ast.SelectorExpr); ok && m.info.Uses[s.Sel] == field {
							put(n.Rhs[min(i, len(n.Rhs)-1)], in)
						}
					}
				}
				return sound
			})
		}
	}
	return found && sound
}

// literalField is what a literal puts into a field, nil if it is no literal with it.
func (m *typedPackage) literalField(lit *ast.CompositeLit, field *types.Var) ast.Expr {
	s, ok := m.info.Types[lit].Type.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for i := range s.NumFields() {
		if s.Field(i) != field {
			continue
		}
		for j, el := range lit.Elts {
			kv, named := el.(*ast.KeyValueExpr)
			if id, ok := keyOf(kv); named && ok && m.info.Uses[id] == field {
				return kv.Value
			}
			if !named && j == i {
				return el
			}
		}
	}
	return nil
}

func keyOf(kv *ast.KeyValueExpr) (*ast.Ident, bool) {
	if kv == nil {
		return nil, false
	}
	id, ok := kv.Key.(*ast.Ident)
	return id, ok
}

// constantCall tells so of what a function returns: one of this package, or one that only puts texts together.
func (m *typedPackage) constantCall(call *ast.CallExpr, in *ast.FuncDecl, seen map[ast.Node]bool) bool {
	all := func(es ...ast.Expr) bool {
		return !slices.ContainsFunc(es, func(x ast.Expr) bool { return !m.constant(x, in, seen) })
	}
	object := m.calls(call)
	if object == nil || object.Pkg() == nil {
		return object != nil && slices.Contains([]string{"append", "make"}, object.Name()) && (object.Name() == "make" || all(call.Args...))
	}
	switch object.Pkg().Path() + "." + object.Name() {
	case "strings.Join", "cmp.Or", "slices.Concat", "strings.TrimSuffix", "strings.TrimPrefix", "strings.ReplaceAll":
		return all(call.Args...)
	case "strings.Repeat":
		return all(call.Args[0])
	}
	if object.Pkg().Path() != "formwandel/models" {
		return false
	}
	for _, f := range m.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && m.info.Defs[fn.Name] == object {
				return m.constantResult(fn, seen)
			}
		}
	}
	return false
}

// constantResult tells so of the texts that a function returns.
func (m *typedPackage) constantResult(fn *ast.FuncDecl, seen map[ast.Node]bool) bool {
	sound := fn.Body != nil
	if !sound || seen[fn] {
		return sound
	}
	seen[fn] = true
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		r, ok := n.(*ast.ReturnStmt)
		if !ok {
			return true
		}
		for _, e := range r.Results {
			if b, ok := m.info.Types[e].Type.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
				sound = sound && m.constant(e, fn, seen)
			}
		}
		return sound
	})
	return sound
}
