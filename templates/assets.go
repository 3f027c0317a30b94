package templates

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

//go:embed all:static
var staticFiles embed.FS

// Asset is a file that pages load, under an address that changes with its content.
type Asset struct {
	Path string // /static/<hash>/formwandel.css
	Type string
	Body []byte
	Gzip []byte // the same, packed; nil where it would not be smaller
}

// assets are all files that pages load, by name: one style sheet, one script, the fonts. They are packed when the first page
// is parsed: most commands show none.
var assets = sync.OnceValue(mustBundle)

// Assets lists everything that pages load.
func Assets() []Asset {
	all := make([]Asset, 0, len(assets()))
	for _, a := range assets() {
		all = append(all, a)
	}
	return all
}

// CheckAssets tells whether the design system was embedded when the program was built.
func CheckAssets() error {
	if _, err := staticFiles.ReadFile("static/kern/kern.min.css"); err != nil {
		return errors.New("the program was built without the design system: build it with make")
	}
	return nil
}

// mustBundle puts the style sheets and scripts together, each in the order of their names.
func mustBundle() map[string]Asset {
	bundle := map[string]Asset{}
	add := func(name string, body []byte) {
		sum := sha256.Sum256(body)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".woff2" {
			kind = "font/woff2"
		}
		bundle[name] = Asset{Path: "/static/" + hex.EncodeToString(sum[:6]) + "/" + name, Type: kind, Body: body, Gzip: packed(body)}
	}
	fonts, _ := fs.Glob(staticFiles, "static/kern/fonts/*.woff2") // the pattern is sound
	replace := []string{}
	for _, f := range fonts {
		add(path.Base(f), mustFile(f))
		replace = append(replace, "font:"+path.Base(f), bundle[path.Base(f)].Path)
	}
	css := strings.NewReplacer(replace...).Replace(string(joined("static/css/*.css")))
	add("formwandel.css", append(append(kernSheet(), '\n'), css...))
	add("formwandel.js", joined("static/js/*.js"))
	add("icon.svg", mustFile("static/icon.svg"))
	return bundle
}

// kernSheet is the design system's own sheet, unmodified; nothing in a build without it.
func kernSheet() []byte {
	body, err := staticFiles.ReadFile("static/kern/kern.min.css")
	if err != nil {
		return nil
	}
	return append([]byte("/* KERN-UX, EUPL-1.2, unmodified; Fira Sans, SIL OFL 1.1 */\n"), body...)
}

func joined(pattern string) []byte {
	names, _ := fs.Glob(staticFiles, pattern) // the pattern is sound
	var out bytes.Buffer
	for _, n := range names {
		out.Write(mustFile(n))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func mustFile(name string) []byte {
	body, err := staticFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return body
}

func packed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is sound
	_, _ = w.Write(body)                                    // a buffer takes everything
	_ = w.Close()
	if out.Len() >= len(body)*9/10 {
		return nil
	}
	return out.Bytes()
}
