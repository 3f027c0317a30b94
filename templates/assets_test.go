package templates

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestEveryAreaStylesItsOwn: the sheets are joined, so a class that two areas
// give a look would take on both. What all may use is in the frame's sheet.
func TestEveryAreaStylesItsOwn(t *testing.T) {
	class := regexp.MustCompile(`\.(fw-[a-zA-Z0-9-]+?)(?:__|--|[^a-zA-Z0-9-])`)
	names, err := fs.Glob(staticFiles, "static/css/*.css")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d sheets, %v", len(names), err)
	}
	owner := map[string]string{}
	for _, name := range names { // the frame's comes first
		sheet := path.Base(name)
		for _, m := range class.FindAllStringSubmatch(string(mustFile(name)), -1) {
			c := m[1]
			switch by := owner[c]; {
			case by == "":
				owner[c] = sheet
			case by != sheet && !strings.HasPrefix(by, "10-"):
				t.Errorf(".%s is styled in %s and in %s", c, by, sheet)
			}
		}
	}
}

// TestAssetsAreWhole: one style sheet with the design system in it, every address with its content's hash.
func TestAssetsAreWhole(t *testing.T) {
	if err := CheckAssets(); err != nil {
		t.Fatal(err)
	}
	css := assets()["formwandel.css"]
	for _, want := range []string{".kern-btn", ".fw-body", assets()["FiraSans-Regular.woff2"].Path} {
		if !strings.Contains(string(css.Body), want) {
			t.Errorf("the style sheet has no %s", want)
		}
	}
	if strings.Contains(string(css.Body), "http://") && !strings.Contains(string(css.Body), "http://www.w3.org") || strings.Contains(string(css.Body), "@import") {
		t.Error("the style sheet loads from elsewhere")
	}
	if css.Gzip == nil || len(css.Gzip) > 80_000 {
		t.Errorf("the style sheet takes %d bytes on the wire", len(css.Gzip))
	}
}
