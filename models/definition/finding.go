package definition

import (
	"fmt"
	"slices"
	"strings"
)

// Finding is one thing wrong in a definition file, in words for the operator who imports it.
type Finding struct {
	File    string
	Path    string // JSON Pointer (RFC 6901); "" is the whole file
	Message string
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

// report collects the findings about one file.
type report struct {
	file  string
	found Errors
	taken []string // places that were taken out because nothing can be read from them
}

// add notes a finding, unless it only follows from a place that was taken out.
func (r *report) add(path, format string, args ...any) {
	for _, t := range r.taken {
		if path == t || strings.HasPrefix(path, t+"/") {
			return
		}
	}
	if len(r.found) == maxFindings {
		format, path, args = "more findings left out", "", nil
	}
	if len(r.found) <= maxFindings {
		r.found = append(r.found, Finding{r.file, path, fmt.Sprintf(format, args...)})
	}
}

// has says that there is a finding about that place.
func (r *report) has(path string) bool {
	return slices.ContainsFunc(r.found, func(f Finding) bool { return f.Path == path })
}

// err is nil, not an empty Errors, when nothing was found.
func (r *report) err() error {
	if len(r.found) == 0 {
		return nil
	}
	return r.found
}
