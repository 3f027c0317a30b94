package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
)

//go:embed pages
var pageFiles embed.FS

// Page is one page with everything it shows: a struct of its own that embeds Frame.
type Page interface {
	File() string // of the template, without folder and ending
	frame() *Frame
}

// Frame is what every page has around its content.
type Frame struct {
	Lang      string
	Title     string       // of the page, without the product's name
	Path      string       // of the page, for marking where one is and coming back
	User      *models.User // nil: nobody is signed in
	Town      string       // the municipality's name; empty for the provider's people
	Nav       []NavItem
	Theme     string    // light, dark or empty: as the device says
	CSRF      string    // of the session, for every form
	Key       string    // of this page, so that a form sent twice counts once
	Notice    string    // what has just been done, in words
	Problems  []Problem // what has to be mended before going on
	Rehearsal *time.Time
	Demo      bool
	Wide      bool // uses the whole width: lists and comparisons
}

// NavItem is one way to another page.
type NavItem struct {
	Path, Label string
	Current     bool
}

// Problem is one thing to mend: Field is the id of the input it stands at, "" for none.
type Problem struct {
	Field string
	Text  string
}

func (f *Frame) frame() *Frame { return f }

// Say returns the frame's words for a key; args are pairs of name and value.
func (f *Frame) Say(key string, args ...any) string { return sayPairs(Words(f.Lang), key, args...) }

// At is what stands at an input, "" if nothing is wrong with it.
func (f *Frame) At(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// pageSets holds every language's templates: the layout, the parts and all pages, in one set. They are parsed when the
// operator's texts are known, or when the first page is shown: most commands show none.
var pageSets atomic.Pointer[map[string]*template.Template]

// RenderPage writes a page whole, or nothing.
func RenderPage(p Page) ([]byte, error) {
	lang := Words(p.frame().Lang).Lang()
	page := pageSet(lang).Lookup(pageName(p.File()))
	if page == nil {
		return nil, fmt.Errorf("templates: there is no page %q", p.File())
	}
	var out bytes.Buffer
	if err := page.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("templates: page %q: %w", p.File(), err)
	}
	return out.Bytes(), nil
}

// pageName is what the template of a whole page is called in its set.
func pageName(file string) string { return "page " + file }

// pageSet is a language's templates. Those of this program are sound, or no test would have passed.
func pageSet(lang string) *template.Template {
	if pageSets.Load() == nil {
		if err := parseAll(); err != nil {
			panic(err)
		}
	}
	return (*pageSets.Load())[lang]
}

// parseAll reads the pages of every language anew.
func parseAll() error {
	all := map[string]*template.Template{}
	for lang := range catalogues {
		set, err := parsePages(lang)
		if err != nil {
			return err
		}
		all[lang] = set
	}
	pageSets.Store(&all)
	return nil
}

// parsePages reads pages/*.html and the texts of a language; layout.html and part-*.html belong to all of them.
func parsePages(lang string) (*template.Template, error) {
	set, err := template.New("").Funcs(pageFuncs(catalogues[lang])).ParseFS(pageFiles, "pages/layout.html", "pages/part-*.html")
	if err != nil {
		return nil, err
	}
	names, _ := fs.Glob(pageFiles, "pages/*.html") // the pattern is sound
	for _, n := range names {
		file := strings.TrimSuffix(path.Base(n), ".html")
		if file == "layout" || strings.HasPrefix(file, "part-") {
			continue
		}
		raw, err := pageFiles.ReadFile(n)
		if err != nil {
			return nil, err
		}
		if err := addPage(set, file, string(raw)); err != nil {
			return nil, err
		}
	}
	for name, p := range texts[lang] {
		if err := addPage(set, "text-"+name, proseSource(p)); err != nil {
			return nil, fmt.Errorf("text %s (%s): %w", name, lang, err)
		}
	}
	return set, nil
}

// addPage puts a page into a set, whose templates have names of their own: what every page
// calls "content" is the content of this one, and stands in the middle of the layout.
func addPage(set *template.Template, file, source string) error {
	content := "content of " + file
	source = strings.Replace(source, `{{define "content"}}`, `{{define "`+content+`"}}`, 1)
	_, err := set.New(file + ".html").Parse(source + `{{define "` + pageName(file) + `"}}{{template "top" .}}{{template "` + content + `" .}}{{template "bottom" .}}{{end}}`)
	return err
}

// pageFuncs are what pages can say, in one language.
func pageFuncs(words Catalogue) template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, args ...any) string { return sayPairs(words, key, args...) },
		"has":     words.Has,
		"day":     func(d calendar.Day) string { return dayIn(words, d) },
		"instant": func(t any) string { return instantIn(words, t) },
		"date":    func(t any) string { return dateIn(words, t) },
		"iso":     isoOf,
		"display": func(f fields.Field, v fields.Value) string { return f.Display(v, words.Lang()) },
		"asset":   func(name string) string { return assets()[name].Path },
		"dict":    dict,
		"lines":   func(s string) []string { return strings.Split(s, "\n") },
		"join":    func(list []string) string { return strings.Join(list, ", ") },
		"add":     func(a, b int) int { return a + b },
		"one":     one,
		"grouped": func(n int64) string { return grouped(words, n) }, "tokensCut": tokensCut,
	}
}

// one is the ending of a key whose words differ for exactly one.
func one(n int) string {
	if n == 1 {
		return ".one"
	}
	return ""
}

// sayPairs says a key with arguments given as pairs of name and value.
func sayPairs(words Catalogue, key string, args ...any) string {
	if len(args) == 0 {
		return words.Say(key, nil)
	}
	named, err := dict(args...)
	if err != nil {
		return gap(key, "%q: %v", key, err)
	}
	return words.Say(key, named)
}

// dict makes named values out of pairs, for parts that take several.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("a name without a value in %v", pairs)
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("%v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// instantIn is a moment as people read it, in Berlin's time: 24.11.2026, 09:30 Uhr.
func instantIn(words Catalogue, t any) string {
	at, ok := moment(t)
	if !ok {
		return ""
	}
	return words.Say("web.instant", map[string]any{"day": dayIn(words, calendar.DayOf(at)), "time": at.Format("15:04")})
}

// Day is a day as people read it in a language.
func Day(lang string, d calendar.Day) string { return dayIn(Words(lang), d) }

// Instant is a moment as people read it in a language.
func Instant(lang string, t time.Time) string { return instantIn(Words(lang), t) }

// dateIn is the day of a moment.
func dateIn(words Catalogue, t any) string {
	at, ok := moment(t)
	if !ok {
		return ""
	}
	return dayIn(words, calendar.DayOf(at))
}

func isoOf(t any) string {
	at, ok := moment(t)
	if !ok {
		return ""
	}
	return at.Format(time.RFC3339)
}

func moment(t any) (time.Time, bool) {
	switch t := t.(type) {
	case time.Time:
		return t.In(calendar.Berlin), !t.IsZero()
	case *time.Time:
		if t != nil {
			return t.In(calendar.Berlin), true
		}
	}
	return time.Time{}, false
}
