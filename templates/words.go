// Package templates holds everything a person reads: pages, mails, words.
package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
)

//go:embed locales
var localeFiles embed.FS

// firstLocale is spoken to whoever has not chosen a language we know.
const firstLocale = "de"

// catalogues holds every language's words, read once from locales/<lang>/*.json.
var catalogues = mustLoadWords()

// Catalogue is the words of one language, found by key.
type Catalogue struct {
	lang  string
	words map[string]string
	said  func(key string) // tests listen here; nil otherwise
}

// Words returns the catalogue of a locale such as "de" or "en-GB"; an unknown
// one gets German.
func Words(locale string) Catalogue {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if c, ok := catalogues[lang]; ok {
		return c
	}
	return catalogues[firstLocale]
}

// Lang is the catalogue's language as HTML and mail headers name it.
func (c Catalogue) Lang() string { return c.lang }

// Has says whether there are words for key.
func (c Catalogue) Has(key string) bool {
	_, ok := c.words[key]
	return ok
}

// Say returns the words for key with every {name} replaced by args["name"]. A
// gap in the catalogue stops a test; people see the key instead.
func (c Catalogue) Say(key string, args map[string]any) string {
	if c.said != nil {
		c.said(key)
	}
	words, ok := c.words[key]
	if !ok {
		return gap(key, "no words for %q in %q", key, c.lang)
	}
	if !strings.Contains(words, "{") {
		return words
	}
	return c.fill(words, key, args)
}

// localized is an argument that each language writes otherwise: a day, the value of a field.
type localized interface{ In(locale string) string }

// fill replaces placeholders in one pass, so that a value containing braces
// stays as it is.
func (c Catalogue) fill(words, key string, args map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(words, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		value, given := args[name]
		if !closed || !given {
			b.WriteString(gap("{"+rest, "%q needs {%s}", key, name))
			return b.String()
		}
		if s, ok := value.(localized); ok {
			value = s.In(c.lang)
		}
		fmt.Fprint(&b, value)
		words = after
	}
}

func gap(shown, format string, args ...any) string {
	if testing.Testing() {
		panic("templates: " + fmt.Sprintf(format, args...))
	}
	return shown
}

func mustLoadWords() map[string]Catalogue {
	all := map[string]Catalogue{}
	langs, err := localeFiles.ReadDir("locales")
	if err != nil {
		panic(err)
	}
	for _, lang := range langs {
		c := Catalogue{lang: lang.Name(), words: map[string]string{}}
		files, err := localeFiles.ReadDir(path.Join("locales", c.lang))
		if err != nil {
			panic(err)
		}
		for _, f := range files {
			c.mustRead(path.Join("locales", c.lang, f.Name()))
		}
		all[c.lang] = c
	}
	return all
}

func (c Catalogue) mustRead(file string) {
	raw, err := localeFiles.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		panic(fmt.Sprintf("templates: %s: %v", file, err))
	}
	c.mustAdd(file, "", tree)
}

// mustAdd takes words from a flat or a nested object; nested keys are joined by dots.
func (c Catalogue) mustAdd(file, prefix string, tree map[string]any) {
	for name, value := range tree {
		key := prefix + name
		switch v := value.(type) {
		case string:
			if c.Has(key) {
				panic(fmt.Sprintf("templates: %s: %q is already taken", file, key))
			}
			c.words[key] = v
		case map[string]any:
			c.mustAdd(file, key+".", v)
		default:
			panic(fmt.Sprintf("templates: %s: %q is neither words nor a group of words", file, key))
		}
	}
}
