package models

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// A table of separated values is only told from other text by its separators, and offices use semicolons, because the comma
// stands in their amounts. So here alone the name is asked, too: it may make a text a table, and nothing else of anything.

// separators are what stands between values; a tab makes another type.
var separators = []rune{';', ',', '|'}

// textOrTable is what a text is that somebody calls so: a table, if its name ends like one and it reads like one.
func textOrTable(name, kind string, body []byte) string {
	if kind == "text/plain" && strings.EqualFold(path.Ext(name), attachmentTypes["text/csv"]) && isTable(body) {
		return "text/csv"
	}
	return kind
}

// isTable tells whether a text is one in UTF-8 or Windows-1252 whose lines all have as many values, two or more.
func isTable(body []byte) bool {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !isPrintable(body) {
		return false
	}
	for _, sep := range separators {
		if isSeparatedBy(body, sep) {
			return true
		}
	}
	return false
}

// isSeparatedBy tells whether there are two lines or more, and each has as many values as the first.
func isSeparatedBy(body []byte, sep rune) bool {
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.LazyQuotes, r.ReuseRecord = sep, true, true
	lines := 0
	for {
		values, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines > 1
		}
		if err != nil || len(values) < 2 {
			return false
		}
		lines++
	}
}

// isPrintable tells whether bytes are text in UTF-8, or else in Windows-1252, without control characters.
func isPrintable(body []byte) bool {
	unicode := utf8.Valid(body)
	for _, b := range body {
		switch {
		case b < ' ' && b != '\t' && b != '\r' && b != '\n', b == 0x7f:
			return false
		case !unicode && bytes.IndexByte([]byte{0x81, 0x8d, 0x8f, 0x90, 0x9d}, b) >= 0: // stand for nothing there
			return false
		}
	}
	return true
}
