package models

import (
	"database/sql"
	"iter"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"formwandel/models/fields"
)

// shelf holds contents that the record names: documents by their hashes, protected values by their references.
type shelf struct {
	what  string            // "document", "protected value"
	named map[string]string // name → who names it
	there map[string]bool
}

func newShelf(what string) shelf { return shelf{what, map[string]string{}, map[string]bool{}} }

// lacks reports what is named and not there.
func (a *audit) lacks(s shelf) {
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		if !s.there[name] && !(a.typed[name] && strings.HasPrefix(s.named[name], "form ")) {
			a.found("is not there, "+s.named[name]+" names it", "%s %s", s.what, name)
		}
	}
}

// unnamed reports what is there and nobody names.
func (a *audit) unnamed(s shelf) {
	for _, name := range slices.Sorted(maps.Keys(s.there)) {
		if _, named := s.named[name]; !named {
			a.found("is not named by the record", "%s %s", s.what, name)
		}
	}
}

// blob holds a document's content against its hash.
func (a *audit) blob(hash string, size int64, content []byte) {
	a.blobs.there[hash] = true
	if sha256Hex(content) != hash || int64(len(content)) != size {
		a.found("content is another", "document %s", hash)
	}
}

// secret holds a sealed value against its reference, if that is bound to it.
func (a *audit) secret(ref string, sealed []byte) {
	a.secrets.there[ref] = true
	if strings.HasPrefix(ref, boundMark) && boundRef(sealed) != ref {
		a.found("content is another", "protected value %s", ref)
	}
}

// refers notes the references in a text.
func (a *audit) refers(text, by string) {
	for ref := range references(text) {
		a.secrets.named[ref] = by
	}
}

// refersTo notes the reference that a change has brought. What somebody has typed into a text
// may look like one; the version that it made has it, too.
func (a *audit) refersTo(c Change, request string) {
	for ref := range references(string(c.New)) {
		if c.Type == fields.Protected {
			a.secrets.named[ref] = "request " + request
		} else {
			a.typed[ref] = true
		}
	}
}

// references are what looks like a reference to a protected value in a text.
func references(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, more := strings.Cut(text, sealedPrefix)
			if !more {
				return
			}
			if text = rest; len(text) > refLength && text[refLength] == '"' && !yield(strings.Clone(text[:refLength])) {
				return
			}
		}
	}
}

// shelves reads every document and every protected value.
func (l *ledger) shelves() error {
	err := eachCell(l.db, `SELECT hash, size, content FROM blobs`, l.blob)
	if err == nil {
		err = eachCell(l.db, `SELECT ref, 0, sealed FROM secrets`, func(ref string, _ int64, sealed []byte) { l.secret(ref, sealed) })
	}
	l.lacks(l.blobs)
	l.lacks(l.secrets)
	return err
}

// eachCell reads a name, a number and a content from every row.
func eachCell(db *gorm.DB, query string, each func(name string, n int64, content []byte)) error {
	rows, err := db.Raw(query).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		var content sql.RawBytes
		if err := rows.Scan(&name, &n, &content); err != nil {
			return err
		}
		each(name, n, content)
	}
	return rows.Err()
}

// content reads a document or a protected value from a file.
func (f *filed) content(l fileLine) error {
	var x struct {
		Hash    string `json:"hash"`
		Size    int64  `json:"size"`
		Content []byte `json:"content"`
		Ref     string `json:"ref"`
		Sealed  []byte `json:"sealed"`
	}
	if err := leniently(l.Row, &x); err != nil {
		return err
	}
	if l.Table == "secrets" {
		f.secret(x.Ref, x.Sealed)
	} else {
		f.blob(x.Hash, x.Size, x.Content)
	}
	return nil
}
