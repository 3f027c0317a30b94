package templates

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryWordOfThePagesIsUsed: what no page and no code says is thrown away. A
// literal that ends in a dot stands for every key that begins so.
func TestEveryWordOfThePagesIsUsed(t *testing.T) {
	literal := regexp.MustCompile(`"(web\.[a-zA-Z0-9_.\-]*)"`)
	said := map[string]bool{}
	for _, folder := range []string{".", "../handlers", "../app"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".html"}, filepath.Ext(path)) {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				said[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for key := range catalogues[firstLocale].words {
		if strings.HasPrefix(key, "web.") && !isSaid(said, key) {
			t.Errorf("nobody says %s", key)
		}
	}
	for key := range said {
		if !strings.HasSuffix(key, ".") && !catalogues[firstLocale].Has(key) && !strings.HasSuffix(key, "_") {
			t.Errorf("%s is said, but there are no words for it", key)
		}
	}
}

// isSaid tells whether a key, or a beginning of it that ends in a dot, is among the literals.
func isSaid(said map[string]bool, key string) bool {
	if said[key] {
		return true
	}
	for i := len("web."); i < len(key); i++ {
		if key[i] == '.' && said[key[:i+1]] {
			return true
		}
	}
	return false
}

// TestTheLayoutAloneShowsProblems: a page that says what is wrong once more would say it twice.
func TestTheLayoutAloneShowsProblems(t *testing.T) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil || len(names) < 50 {
		t.Fatal(len(names), err)
	}
	for _, n := range names {
		raw, err := pageFiles.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		if own := strings.Contains(string(raw), `{{template "problems"`) || strings.Contains(string(raw), `{{template "notice"`); own != (n == "pages/layout.html") {
			t.Errorf("%s shows problems or notices itself: %v", n, own)
		}
	}
}
