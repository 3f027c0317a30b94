package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
)

//go:embed texts
var textFiles embed.FS

// TextPage is a page of prose: help for a role, the words we use, the law. Its
// text is texts/<language>/<name>.md, or the operator's own file of that name.
type TextPage struct {
	Frame
	Name   string
	Topics []Topic // the other pages of help; none on pages of the law
}

// Topic is one way to a page of help.
type Topic struct {
	Path, Title string
	Current     bool
}

// File implements Page.
func (p *TextPage) File() string { return "text-" + p.Name }

// helpTopics are the pages of help, in their order.
var helpTopics = []string{"hilfe", "sachbearbeitung", "freigabe", "mandanten-administration", "bearbeitung", "administration", "revision", "woerter"}

// legalTexts are what every public body has to say; the operator replaces them.
var legalTexts = []string{"impressum", "datenschutz", "barrierefreiheit"}

// prose is a text once it has been read: its first heading and its markup.
type prose struct {
	title  string
	markup string
}

// texts holds every language's prose by name.
var texts = mustReadTexts()

func mustReadTexts() map[string]map[string]prose {
	all := map[string]map[string]prose{}
	for lang := range catalogues {
		all[lang] = map[string]prose{}
		names, _ := fs.Glob(textFiles, path.Join("texts", lang, "*.md")) // the pattern is sound
		for _, n := range names {
			raw, err := textFiles.ReadFile(n)
			if err != nil {
				panic(err)
			}
			all[lang][strings.TrimSuffix(path.Base(n), ".md")] = mustProse(raw)
		}
	}
	return all
}

func mustProse(markdown []byte) prose {
	p, err := readProse(markdown)
	if err != nil {
		panic(err)
	}
	return p
}

// readProse turns Markdown into markup; HTML in it is left out, and addresses that are none of a page's.
func readProse(markdown []byte) (prose, error) {
	var out bytes.Buffer
	if err := goldmark.Convert(markdown, &out); err != nil {
		return prose{}, err
	}
	first, _, _ := strings.Cut(string(markdown), "\n")
	return prose{strings.TrimSpace(strings.TrimPrefix(first, "#")), out.String()}, nil
}

// Topics lists the pages of help in a language.
func Topics(lang, current string) []Topic {
	out := make([]Topic, 0, len(helpTopics))
	for _, name := range helpTopics {
		to := "/hilfe/" + name
		if name == "hilfe" {
			to = "/hilfe"
		}
		out = append(out, Topic{to, texts[lang][name].title, name == current})
	}
	return out
}

// TextTitle is a text's heading, "" if there is no such text.
func TextTitle(lang, name string) string { return texts[Words(lang).Lang()][name].title }

// ReplaceTexts takes the operator's own imprint, privacy and accessibility
// texts from a folder, before the first page is shown: impressum.de.md and so
// on. A file that is missing leaves the example in place.
func ReplaceTexts(folder string) error {
	for _, name := range legalTexts {
		for lang := range catalogues {
			file := filepath.Join(folder, name+"."+lang+".md")
			raw, err := os.ReadFile(file)
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				return err
			}
			p, err := readProse(raw)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			texts[lang][name] = p
		}
	}
	return parseAll()
}

// proseSource is the page of a text. What is in it is words and markup of our own or
// the operator's, never what people type; braces mean nothing in it.
func proseSource(p prose) string {
	markup := strings.ReplaceAll(p.markup, "{{", `{{"{{"}}`)
	return `{{define "content"}}{{template "prose-top" .}}` + markup + `{{template "prose-bottom" .}}{{end}}`
}
