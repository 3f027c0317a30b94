package gv100ad

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// kinds are the Textkennzeichen of record type 60 (columns 123-124) that are municipalities.
var kinds = map[string]string{
	"60": "Markt",
	"61": "Kreisfreie Stadt",
	"62": "Stadtkreis",
	"63": "Stadt",
	"64": "Kreisangehörige Gemeinde",
	"67": "Große Kreisstadt",
}

// decode turns a line into characters; one that is not UTF-8 is read as ISO-8859-1, in which every byte is a character.
func (in *reader) decode(n int, raw []byte) record {
	if utf8.Valid(raw) {
		return record([]rune(string(raw)))
	}
	if in.latin++; in.latin == 1 {
		in.firstLatin = n
	}
	out := make(record, len(raw))
	for i, b := range raw {
		out[i] = rune(b)
	}
	return out
}

// record is one line; its columns are characters, counted from 1, both ends included.
type record []rune

func (r record) columns(from, to int) string {
	if from > len(r) {
		return ""
	}
	return strings.TrimSpace(string(r[from-1 : min(to, len(r))]))
}

func (in *reader) line(n int, r record) {
	switch kind := r.columns(1, 2); kind {
	case "10", "20", "30", "40", "50":
	case "60":
		in.municipality(n, r)
	default:
		in.warn(n, "unknown record type %q: skipped", kind)
	}
}

func (in *reader) municipality(n int, r record) {
	ags := r.columns(11, 18)
	if !digits(ags, 8) {
		in.warn(n, "columns 11-18 hold no AGS of 8 digits: skipped")
		return
	}
	if !strings.HasPrefix(ags, in.prefix) {
		in.others++
		return
	}
	mark := r.columns(123, 124)
	if mark == "65" || mark == "66" { // gemeindefreies Gebiet, inhabited or not
		return
	}
	name, _, _ := strings.Cut(r.columns(23, 72), ", ")
	if name == "" || strings.ContainsFunc(name, unprintable) {
		in.warn(n, "%s has no readable name in columns 23-72: skipped", ags)
		return
	}
	if first, twice := in.seen[ags]; twice {
		in.warn(n, "%s is already in line %d: skipped", ags, first)
		return
	}
	in.seen[ags] = n
	in.found = append(in.found, Municipality{
		AGS: ags, ARS: in.ars(n, ags, r), Name: name, Kind: in.kind(n, ags, mark),
		PLZ: in.plz(n, ags, r), Population: in.population(n, ags, r), AsOf: in.asOf(n, ags, r),
	})
}

// ars is Land, Regierungsbezirk and Kreis, then the association, then the municipality.
func (in *reader) ars(n int, ags string, r record) string {
	association := r.columns(19, 22)
	if !digits(association, 4) {
		in.warn(n, "%s has no association of 4 digits in columns 19-22: without ARS", ags)
		return ""
	}
	return ags[:5] + association + ags[5:]
}

func (in *reader) kind(n int, ags, mark string) string {
	kind, known := kinds[mark]
	if !known {
		in.warn(n, "%s has the unknown Textkennzeichen %q in columns 123-124: without kind", ags, mark)
	}
	return kind
}

func (in *reader) plz(n int, ags string, r record) string {
	plz := r.columns(166, 170)
	if !digits(plz, 5) {
		in.warn(n, "%s has no postal code of 5 digits in columns 166-170: without postal code", ags)
		return ""
	}
	return plz
}

func (in *reader) population(n int, ags string, r record) int {
	text := r.columns(140, 150)
	count, err := strconv.Atoi(text)
	if err != nil || !digits(text, len(text)) {
		in.warn(n, "%s has no number of inhabitants in columns 140-150: counted as 0", ags)
		return 0
	}
	return count
}

func (in *reader) asOf(n int, ags string, r record) string {
	day, err := time.Parse("20060102", r.columns(3, 10))
	if err != nil {
		in.warn(n, "%s has no day JJJJMMTT in columns 3-10: without day", ags)
		return ""
	}
	return day.Format(time.DateOnly)
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }
