// Package gv100ad reads the municipality register GV100AD of the Federal Statistical Office, a text file with fixed columns.
package gv100ad

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	maxFile  = 64 << 20 // the whole of Germany is about 4 MiB
	maxLine  = 2000     // bytes; a record has 220 characters
	maxWarns = 100
)

// Municipality is one record of type 60 ("Gemeinde").
type Municipality struct {
	AGS        string // 8 digits
	ARS        string // 12 digits
	Name       string // without the designation: "Bautzen" for "Bautzen, Stadt"
	Kind       string // "Große Kreisstadt"; "" when the file does not say
	PLZ        string // of the administrative seat; "" when the file does not say
	Population int    // 0 when the file does not say
	AsOf       string // day the record describes, 2026-12-31; "" when the file does not say
}

// Warning is something odd that did not stop the import; Line counts from 1 and is 0 when it concerns the whole file.
type Warning struct {
	Line    int
	Message string
}

// ErrNoMunicipality says that a file was read to its end and held no municipality of the wanted prefix.
var ErrNoMunicipality = errors.New("no municipality found")

// Read returns the municipalities whose AGS begins with prefix ("14" is Saxony), in the order of the file.
// Unincorporated areas are left out; odd lines become warnings; a file without any municipality is an error.
func Read(r io.Reader, prefix string) ([]Municipality, []Warning, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read GV100AD file: %w", err)
	}
	if len(data) > maxFile {
		return nil, nil, fmt.Errorf("GV100AD file is larger than %d MiB", maxFile>>20)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil, nil, errors.New("this is a ZIP archive: unpack it and import the file GV100AD_….txt inside")
	}
	in := reader{prefix: prefix, seen: map[string]int{}}
	in.read(bytes.TrimPrefix(data, []byte("\uFEFF")))
	if len(in.found) == 0 {
		return nil, in.warnings(), in.nothing()
	}
	return in.found, in.warnings(), nil
}

// reader is the state of one reading.
type reader struct {
	prefix     string
	found      []Municipality
	seen       map[string]int // AGS to the line that had it first
	warns      []Warning
	lines      int // not empty
	others     int // municipalities of another prefix
	latin      int // lines that are not UTF-8
	firstLatin int // the first of them
	hidden     int // warnings beyond maxWarns
}

func (in *reader) read(data []byte) {
	n := 0
	for raw := range bytes.SplitSeq(data, []byte("\n")) {
		n++
		raw = bytes.TrimRight(raw, "\r \x1a") // \x1a ends files from DOS times
		if len(raw) == 0 {
			continue
		}
		in.lines++
		if len(raw) > maxLine {
			in.warn(n, "line has %d bytes, a record has 220 characters: skipped", len(raw))
			continue
		}
		in.line(n, in.decode(n, raw))
	}
}

func (in *reader) warn(line int, format string, args ...any) {
	if len(in.warns) >= maxWarns {
		in.hidden++
		return
	}
	in.warns = append(in.warns, Warning{line, fmt.Sprintf(format, args...)})
}

// warnings puts what concerns the whole file in front.
func (in *reader) warnings() []Warning {
	var head []Warning
	if in.latin > 0 {
		head = append(head, Warning{0, fmt.Sprintf(
			"the file is not UTF-8: %d lines, the first is line %d, were read as ISO-8859-1; check names with umlauts", in.latin, in.firstLatin)})
	}
	if in.hidden > 0 {
		head = append(head, Warning{0, fmt.Sprintf("%d further warnings left out", in.hidden)})
	}
	return append(head, in.warns...)
}

func (in *reader) nothing() error {
	return fmt.Errorf("%w: expected GV100AD lines of 220 characters with record type 60 in columns 1-2 "+
		"and an AGS beginning with %q in columns 11-18; read %d lines, %d of them municipalities of another prefix",
		ErrNoMunicipality, in.prefix, in.lines, in.others)
}
