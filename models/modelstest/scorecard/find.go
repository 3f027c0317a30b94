package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// suite are the tests of a package that report to the scorecard, and to which lines.
type suite struct {
	dir   string
	tests []string
	of    map[string][]string // line → tests
}

// find looks through the sources, so that no list has to be kept.
func find(root string) ([]suite, error) {
	byDir := map[string][]*ast.FuncDecl{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				byDir[filepath.Dir(path)] = append(byDir[filepath.Dir(path)], f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []suite
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		if s := suiteOf(dir, byDir[dir]); len(s.tests) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// suiteOf follows calls within a package from its tests to Score.
func suiteOf(dir string, funcs []*ast.FuncDecl) suite {
	calls, direct := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, f := range funcs {
		name := f.Name.Name
		if calls[name] == nil {
			calls[name], direct[name] = map[string]bool{}, map[string]bool{}
		}
		inspect(f, calls[name], direct[name])
	}
	s := suite{dir: dir, of: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		lines := map[string]bool{}
		reach(name, calls, direct, lines, map[string]bool{})
		if !strings.HasPrefix(name, "Test") || len(lines) == 0 {
			continue
		}
		s.tests = append(s.tests, name)
		for line := range lines {
			s.of[line] = append(s.of[line], name)
		}
	}
	return s
}

// inspect notes what a function calls, or hands to what it calls (t.Run("sqlmap", s.sqlmap)), and the lines that it reports to itself.
func inspect(f *ast.FuncDecl, calls, lines map[string]bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		called := nameOf(c.Fun)
		for _, e := range append([]ast.Expr{c.Fun}, c.Args...) {
			if name := nameOf(e); name != "" {
				calls[name] = true
			}
		}
		if called == "Score" && len(c.Args) == 5 {
			line := ""
			if text, ok := c.Args[1].(*ast.BasicLit); ok {
				line, _ = strconv.Unquote(text.Value)
			}
			lines[line] = true
		}
		return true
	})
}

// reach collects the lines that a function reports to, itself or through what it calls.
func reach(name string, calls, direct map[string]map[string]bool, lines, seen map[string]bool) {
	if seen[name] {
		return
	}
	seen[name] = true
	maps.Copy(lines, direct[name])
	for called := range calls[name] {
		if !strings.HasPrefix(called, "Test") {
			reach(called, calls, direct, lines, seen)
		}
	}
}

func nameOf(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return nameOf(x.X)
	}
	return ""
}
