package definition

import (
	"fmt"
	"slices"
	"strings"

	"formwandel/models/fields"
)

// Finding is one thing wrong in a definition file, in words for the operator who imports it.
type Finding struct {
	File    string
	Path    string // JSON Pointer (RFC 6901); "" is the whole file
	Message string

	problem fields.Problem // why a value does not fit; else without a code
}

// How much of a place and of a message is told, in characters: both may come from the file.
const (
	maxPath    = 200
	maxMessage = 400
)

// cut is the beginning of a text, with a sign that there is more.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// String is the finding on one line.
func (f Finding) String() string {
	if f.Path == "" {
		return f.File + ": " + f.Message
	}
	return f.File + ": " + f.Path + ": " + f.Message
}

// Errors is everything found wrong in one file, in the order of finding.
type Errors []Finding

// Error is one line for each finding.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Told are the findings with a sentence where a value does not fit. say gives the words of a key such
// as "field.too_large" in a language.
func (e Errors) Told(locale string, say func(key string, args map[string]any) string) Errors {
	out := slices.Clone(e)
	for i, f := range out {
		if f.problem.Code != "" {
			out[i].Message = cut(f.problem.Detail(locale, say), maxMessage)
		}
	}
	return out
}

// report collects the findings about one file.
type report struct {
	file  string
	found Errors
	taken []string // places that were taken out because nothing can be read from them
}

// add notes a finding, unless it only follows from a place that was taken out.
func (r *report) add(path, format string, args ...any) {
	r.note(Finding{Path: path, Message: fmt.Sprintf(format, args...)})
}

// note keeps a finding, as far as there is room.
func (r *report) note(f Finding) {
	for _, t := range r.taken {
		if f.Path == t || strings.HasPrefix(f.Path, t+"/") {
			return
		}
	}
	if len(r.found) == maxFindings {
		f = Finding{Message: "more findings left out"}
	}
	if len(r.found) <= maxFindings {
		f.File, f.Path, f.Message = r.file, cut(f.Path, maxPath), cut(f.Message, maxMessage)
		r.found = append(r.found, f)
	}
}

// has says that there is a finding about that place.
func (r *report) has(path string) bool {
	return slices.ContainsFunc(r.found, func(f Finding) bool { return f.Path == cut(path, maxPath) })
}

// err is nil, not an empty Errors, when nothing was found.
func (r *report) err() error {
	if len(r.found) == 0 {
		return nil
	}
	return r.found
}
