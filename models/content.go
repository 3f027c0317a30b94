package models

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// Content is what a person enters into a request; nil leaves a part as it is.
type Content struct {
	Reason    *string
	Wish      *string
	Effective *EffectiveInput
	Sections  *[]string
	Changes   *[]ChangeInput
}

// EffectiveInput is a date as it was sent; an empty kind clears it.
type EffectiveInput struct {
	Kind  string
	Date  string
	Until string
}

// ChangeInput is a new value as it was sent: canonical JSON, or what people type as a JSON string.
type ChangeInput struct {
	Field string
	New   json.RawMessage
}

// Limits of what people type, in characters.
const (
	maxReason   = 2000
	maxWish     = 10000
	maxComment  = 5000
	maxChanges  = 200
	maxSections = 40
)

// writeContent puts what a person entered into the request and records what
// the system knows: labels, sections, old values. All findings come at once.
func (st *step) writeContent(c Content) error {
	var f findings
	r := st.r
	if c.Reason != nil {
		r.Reason = text(*c.Reason, "reason", maxReason, &f)
	}
	if c.Wish != nil {
		r.Wish = text(*c.Wish, "wish", maxWish, &f)
	}
	if c.Effective != nil {
		st.writeEffective(*c.Effective, &f)
	}
	if c.Sections != nil {
		st.writeSections(*c.Sections, &f)
	}
	if c.Changes != nil {
		st.writeChanges(*c.Changes, &f)
	}
	if err := f.err(); err != nil {
		return err
	}
	st.coverSections()
	if err := st.recordOld(); err != nil {
		return err
	}
	r.ContentHash = contentHash(r)
	return st.checkTogether(f)
}

// text is what a person typed, as it is stored: NFC, LF, no invisible
// characters. Control characters and what exceeds the limit are findings.
func text(s, field string, limit int, f *findings) string {
	if !utf8.ValidString(s) {
		f.add(field, "not_utf8")
		return ""
	}
	s = strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != '\u00ad' {
			return -1 // direction marks and zero-width characters: nobody sees them, some are deceived by them
		}
		return r
	}, s)
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		f.add(field, "control_character")
	}
	if n := utf8.RuneCountInString(s); n > limit {
		f.add(field, "too_long", "max", limit, "length", n)
	}
	return s
}

func (st *step) writeEffective(e EffectiveInput, f *findings) {
	r := st.r
	r.Kind, r.Date, r.Until, r.ReturnAt = e.Kind, calendar.Day{}, calendar.Day{}, nil
	if e.Kind == "" && e.Date == "" && e.Until == "" {
		return
	}
	if e.Kind != From && e.Kind != By {
		f.add("effective.kind", "effective_kind")
	}
	var err error
	if r.Date, err = calendar.ParseDay(e.Date); err != nil {
		f.add("effective.date", "not_a_day")
		return
	}
	if r.Date.Before(today(st.tx.now)) {
		f.add("effective.date", "past_day", "today", today(st.tx.now))
	}
	if e.Until == "" {
		return
	}
	if r.Until, err = calendar.ParseDay(e.Until); err != nil {
		f.add("effective.until", "not_a_day")
	} else if r.Until.Before(r.Date) {
		f.add("effective.until", "until_before_date", "date", r.Date)
	} else {
		at := r.Until.End()
		r.ReturnAt = &at
	}
}

func (st *step) writeSections(sections []string, f *findings) {
	var out StringList
	if len(sections) > maxSections {
		f.add("sections", "too_many", "max", maxSections)
		return
	}
	for i, s := range sections {
		if _, ok := st.def.Section(s); !ok {
			f.add(fmt.Sprintf("sections[%d]", i), "unknown_section", "section", clip(s))
		} else if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	st.r.Sections = out
}

func (st *step) writeChanges(in []ChangeInput, f *findings) {
	if len(in) > maxChanges {
		f.add("changes", "too_many", "max", maxChanges)
		return
	}
	before := st.r.Changes
	st.r.Changes = nil
	for i, ci := range in {
		fd, ok := st.def.Field(ci.Field)
		if ci.Field == "" {
			f.add(fmt.Sprintf("changes[%d].field", i), "field_missing")
			continue
		}
		if !ok {
			f.add(fmt.Sprintf("changes[%d].field", i), "unknown_field", "field", clip(ci.Field))
			continue
		}
		if _, twice := st.r.change(ci.Field); twice {
			f.add(ci.Field, "twice", "label", fd.Label)
			continue
		}
		if !fd.Configurable {
			f.add(ci.Field, "read_only", "label", fd.Label, "reason", fd.Reason)
			continue
		}
		value, ok := st.readValue(fd, ci, before, f)
		if !ok {
			continue
		}
		section, _ := st.def.SectionOf(ci.Field)
		st.r.Changes = append(st.r.Changes, Change{
			RequestID: st.r.ID, Ord: len(st.r.Changes), Field: fd.Key, Section: section.Key, Label: fd.Label, Type: fd.Type, New: value,
		})
	}
}

// readValue reads one new value; a protected one is sealed at once, and a
// null for one already entered keeps it (it is never shown, so it can't be sent back).
func (st *step) readValue(fd fields.Field, ci ChangeInput, before []Change, f *findings) (fields.Value, bool) {
	if fd.Type == fields.Protected && (len(ci.New) == 0 || string(ci.New) == "null") {
		if i := slices.IndexFunc(before, func(c Change) bool { return c.Field == fd.Key }); i >= 0 {
			return before[i].New, true
		}
	}
	if len(ci.New) == 0 {
		f.add(ci.Field, "required", "label", fd.Label)
		return "", false
	}
	value, err := fd.Parse(ci.New)
	if err == nil {
		day := today(st.tx.now)
		if slices.ContainsFunc(before, func(c Change) bool { return c.Field == fd.Key && c.New == value }) {
			day = calendar.Day{} // it was asked whether it is past when it was entered
		}
		err = cmp.Or(fd.Check(value, day), fd.CheckPlace(value, st.r.AGS))
	}
	if err != nil {
		f.problem(fd, err)
		return "", false
	}
	if fd.Type == fields.Protected && value != "" {
		ref, err := st.tx.seal(value)
		if err != nil {
			f.add(ci.Field, "seal_failed")
			return "", false
		}
		return ref, true
	}
	return value, true
}

// problem turns what the fields package found into a finding at the field.
func (f *findings) problem(fd fields.Field, err error) {
	for _, p := range fields.Problems(err) {
		args := map[string]any{"label": fd.Label}
		for k, v := range p.Args {
			args[k] = v
		}
		path := p.Path
		if path == "" {
			path = fd.Key
		}
		*f = append(*f, FieldError{Field: path, Code: p.Code, Args: args})
	}
}

// coverSections adds the sections that the changes touch, should the clerk not have picked them.
func (st *step) coverSections() {
	for _, c := range st.r.Changes {
		if !slices.Contains(st.r.Sections, c.Section) {
			st.r.Sections = append(st.r.Sections, c.Section)
		}
	}
}

// recordOld records what will hold when the request does its work, and which
// approved request that comes from.
func (st *step) recordOld() error {
	o, err := st.outlook()
	if err != nil {
		return err
	}
	for i := range st.r.Changes {
		c := &st.r.Changes[i]
		c.BuildsOn = nil
		if fd, _ := st.def.Field(c.Field); fd.Type != c.Type {
			continue // what the field holds now is of another kind, or nothing: it says nothing about the change
		}
		c.Old = o.values[c.Field]
		if id, ok := o.source[c.Field]; ok {
			c.BuildsOn = &id
		}
	}
	return nil
}

// at is an instant as a pointer, for columns that may be empty.
func at(t time.Time) *time.Time { return &t }
