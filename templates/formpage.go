package templates

import (
	"strings"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// FormsPage lists forms.
type FormsPage struct {
	Frame
	Q, AGS      string // what was looked for
	Towns       []models.Municipality
	Lines       []FormHead
	Next, First string
}

// File implements Page.
func (*FormsPage) File() string { return "forms" }

// FormHead is what every page about a form says of it.
type FormHead struct {
	Path, Title, Town, Assistant string
	Live                         int64
	Maintenance                  bool
	Planned                      int
}

// NewFormHead is the head of a form.
func NewFormHead(f models.Form, title, town string) FormHead {
	return FormHead{Path: "/formulare/" + f.Key(), Title: title, Town: town, Assistant: f.Assistant, Live: f.Live, Maintenance: f.Maintenance}
}

// FormPage is one form as it is now, with what is coming.
type FormPage struct {
	Frame
	Form               FormHead
	Leika, LeikaPath   string // the service's key as people write it, and where it is described
	MayFile, MaySwitch bool
	Lacking            string // the grant that one would need to switch the maintenance mode, in words
	Sections           []FormSection
	Jump               []SectionLink // to the sections, if they are shown one at a time
	Planned            []PlannedLine
	Open               []EntryLine
	MoreWork           string
	Versions           []VersionLine
	Example            string // of the day picker
}

// File implements Page.
func (*FormPage) File() string { return "form" }

// PlannedLine is an approved request with the way to what it changes.
type PlannedLine struct {
	EntryLine
	Day  calendar.Day
	Path string
	Lost bool // it will not be applied as things are
}

// SectionLink is the way to one section of a long form.
type SectionLink struct {
	Path, Title string
	Current     bool
}

// FormSection is a section with its fields as people read them.
type FormSection struct {
	Key, Title string
	Fields     []FormField
}

// FormField is a field with its value as people read it.
type FormField struct {
	Label, Value string
	Rule         string // what may be entered, in plain words
	Fixed        string // why nobody may change it
	Past         string // path: who changed it
	Empty        bool

	Differs bool   // not as it is now
	Now     string // what it is now
	By      string // the request that makes it so
	Back    bool   // because that one was temporary
}

// longForm is from how many fields on a form shows one section at a time.
const longForm = 120

// longValue is how much of a value a page shows, in characters.
const longValue = 1500

// NewSections are a questionnaire's sections with values; of a long form only
// the picked one, with the way to the others.
func NewSections(d *definition.Definition, values map[string]fields.Value, path, picked, lang string) ([]FormSection, []SectionLink) {
	var out []FormSection
	var jump []SectionLink
	long := len(d.Fields()) > longForm
	if _, ok := d.Section(picked); !ok && len(d.Sections) > 0 {
		picked = d.Sections[0].Key
	}
	for _, s := range d.Sections {
		if long {
			jump = append(jump, SectionLink{path + "?abschnitt=" + s.Key + "#werte", s.Title, s.Key == picked})
		}
		if long && s.Key != picked {
			continue
		}
		section := FormSection{Key: s.Key, Title: s.Title}
		for _, f := range s.Fields {
			section.Fields = append(section.Fields, newFormField(f, values[f.Key], path, lang))
		}
		out = append(out, section)
	}
	return out, jump
}

func newFormField(f fields.Field, v fields.Value, path, lang string) FormField {
	words := Words(lang)
	out := FormField{Label: f.Label, Value: shown(f, v, words), Empty: v == "" && f.Type != fields.Protected, Past: path + "/feld/" + f.Key}
	if f.Configurable {
		out.Rule = ruleOf(f, words)
	} else {
		out.Fixed = f.Reason
	}
	return out
}

// shown is a value as a page shows it, never that of a protected field.
func shown(f fields.Field, v fields.Value, words Catalogue) string {
	if f.Type == fields.Protected {
		return words.Say("web.forms.protected", nil)
	}
	text := f.Display(v, words.Lang())
	if r := []rune(text); len(r) > longValue {
		return string(r[:longValue]) + "…"
	}
	return text
}

// VersionLine is a version as lists show it.
type VersionLine struct {
	Number        int64
	Path          string
	At, Effective time.Time
	Cause, By     string
	Request       string
	Live          bool
	Maintenance   bool
}

// NewVersionLine makes a list's line out of a version.
func NewVersionLine(v models.Version, form FormHead, lang string) VersionLine {
	return VersionLine{
		Number: v.Number, Path: form.Path + "/fassungen/" + number(v.Number), At: v.At, Effective: v.Effective, Cause: causeOf(v, Words(lang)),
		By: v.Actor.Name, Request: v.Request, Live: v.Number == form.Live, Maintenance: v.Maintenance,
	}
}

// causeOf says why there is a version.
func causeOf(v models.Version, words Catalogue) string {
	key := "web.forms.cause." + v.Cause
	if v.Cause == "maintenance" {
		key += "_" + map[bool]string{true: "on", false: "off"}[v.Maintenance]
	}
	return words.Say(key, nil)
}

// Leika is a service's key as people write it, and where it is described; nothing for what is no key.
func Leika(key string) (text, path string) {
	if len(key) != 14 || !strings.HasPrefix(key, "99") || strings.Trim(key, "0123456789") != "" {
		return "", ""
	}
	text = strings.Join([]string{key[:2], key[2:5], key[5:8], key[8:11], key[11:]}, " ")
	return text, "https://verwaltung.bund.de/leistungsverzeichnis/DE/leistung/" + key
}
