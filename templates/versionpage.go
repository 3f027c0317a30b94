package templates

import (
	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// VersionsPage lists a form's versions; any two can be compared.
type VersionsPage struct {
	Frame
	Form        FormHead
	Lines       []VersionLine
	From, To    int64 // picked
	Next, First string
}

// File implements Page.
func (*VersionsPage) File() string { return "formversions" }

// VersionPage is one version with its values.
type VersionPage struct {
	Frame
	Form     FormHead
	Version  VersionLine
	Compare  string // path: with the live one; empty for that itself
	Sections []FormSection
	Jump     []SectionLink
}

// File implements Page.
func (*VersionPage) File() string { return "formversion" }

// ComparePage holds two versions against each other, or now against a day to come.
type ComparePage struct {
	Frame
	Form        FormHead
	Before, Now string // headings of the columns
	Sentences   []string
	Lines       []CompareLine
	Versions    []VersionLine // the two; none if a day is compared
	Maintenance string        // how the maintenance mode differs, in words
}

// File implements Page.
func (*ComparePage) File() string { return "formcompare" }

// CompareLine is one field that differs.
type CompareLine struct {
	Label, Before, Now, Past string
	By                       string // the request that makes it so
	Back                     bool
}

// NewCompareLine makes a line out of a difference; past is the path of the form.
func NewCompareLine(d models.Difference, path, lang string) CompareLine {
	words := Words(lang)
	l := CompareLine{Label: d.Field.Label, Before: shown(d.Was, d.Old, words), Now: shown(d.Field, d.New, words), Past: path + "/feld/" + d.Field.Key}
	if d.Field.Type == fields.Protected {
		l.Now = words.Say("web.forms.changed_hidden", nil)
	}
	return l
}

// SentenceOf is a difference in one sentence; without a date for what has happened.
func SentenceOf(d models.Difference, lang string) string {
	return d.Sentence(Words(lang).Lang())
}

// DayPage is a form as it is on a day.
type DayPage struct {
	Frame
	Form         FormHead
	On           calendar.Day
	Past, None   bool
	Held         int64 // number of the version that held, on a past day
	Changed      []CompareLine
	Compare      string
	Sections     []FormSection
	Jump         []SectionLink
	Day, Example string // of the day picker
}

// File implements Page.
func (*DayPage) File() string { return "formday" }

// Mark tells at each field how the day differs from now.
func (p *DayPage) Mark(changed []models.DayChange, lang string) {
	at := map[string]models.DayChange{}
	for _, c := range changed {
		at[p.Form.Path+"/feld/"+c.Field.Key] = c
	}
	for i := range p.Sections {
		for j := range p.Sections[i].Fields {
			f := &p.Sections[i].Fields[j]
			if c, ok := at[f.Past]; ok {
				f.Differs, f.By, f.Back, f.Now = true, c.By, c.Back, shown(c.Was, c.Old, Words(lang))
			}
		}
	}
}

// FieldPage tells who changed a value when and why.
type FieldPage struct {
	Frame
	Form        FormHead
	Label       string
	Value       string
	Lines       []FieldLine
	Next, First string
}

// File implements Page.
func (*FieldPage) File() string { return "formfield" }

// FieldLine is one change of a value.
type FieldLine struct {
	VersionLine
	Sentence string
	Reason   string
	Approved []string
}

// NewFieldLine makes a line out of a change of a value.
func NewFieldLine(c models.FieldChange, form FormHead, lang string) FieldLine {
	l := FieldLine{VersionLine: NewVersionLine(c.Version, form, lang), Reason: c.Reason}
	if c.First {
		l.Sentence = Words(lang).Say("web.forms.past_first", map[string]any{"value": shown(c.Field, c.New, Words(lang))})
	} else {
		l.Sentence = SentenceOf(c.Difference, lang)
	}
	for _, g := range c.Given {
		l.Approved = append(l.Approved, g.By.Name)
	}
	return l
}

// MaintainPage asks before the maintenance mode is switched.
type MaintainPage struct {
	Frame
	Form    FormHead
	On      bool   // what is asked for
	Compare string // path: what changed since the person looked
}

// File implements Page.
func (*MaintainPage) File() string { return "formmaintain" }

// DayIn is a day as people read it in a language.
func DayIn(lang string, d calendar.Day) string { return dayIn(Words(lang), d) }

// ShowValue is a value as pages show it, never that of a protected field.
func ShowValue(f fields.Field, v fields.Value, lang string) string { return shown(f, v, Words(lang)) }
