package templates

import (
	"slices"
	"strings"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/definition"
)

// FormPickerPage lets a clerk pick the form that is to change.
type FormPickerPage struct {
	Frame
	Q           string
	Forms       []FormChoice
	First, Next string
}

// FormChoice is a form that can be picked.
type FormChoice struct {
	Path, Title, Key string
	Maintenance      bool
}

// File implements Page.
func (*FormPickerPage) File() string { return "formpicker" }

// Wizard is what all pages of filing and editing have in common.
type Wizard struct {
	Frame
	Number, FormTitle string
	Base              string // of its pages: /auftraege/KA-2026-000001/bearbeiten
	Version           int
	Draft             bool
	Step              int    // of four; 0: none of them
	From              string // the page to go back to, if it is not the one before
	Approvals         int    // given so far; an edit makes them void
	Asked             bool   // the provider's question is open
	Meanwhile         []string
	Restored          *time.Time // what was typed then and not saved is shown again
}

// SectionsPage lets people choose what of a form is to change.
type SectionsPage struct {
	Wizard
	Action   string
	Sections []SectionChoice
	Wishing  bool
	Losing   bool // sections that are taken out take their changes along
}

// SectionChoice is a section that can be chosen, with the fields in it.
type SectionChoice struct {
	Key, Title, Help, Fields string
	Chosen                   bool
}

// File implements Page.
func (*SectionsPage) File() string { return "sections" }

// FieldsPage shows the fields of the chosen sections, live value beside new value.
type FieldsPage struct {
	Wizard
	FormKey  string
	Sections []FieldSection
	Wish     string
	Wishing  bool   // the wish is open from the start
	Asking   string // the wish of the municipality, for an agent who turns it into changes
	Tables   bool   // one of the fields is a table
}

// FieldSection is a section with its fields.
type FieldSection struct {
	Key, Title, Help string
	Rows             []FieldRow
}

// File implements Page.
func (*FieldsPage) File() string { return "fields" }

// WhenPage asks from when or by when.
type WhenPage struct {
	Wizard
	Kind, Date, Until, Reason string // as typed
	Earliest                  models.Earliest
	Today                     calendar.Day
	OwnLane                   bool
}

// File implements Page.
func (*WhenPage) File() string { return "when" }

// CheckPage shows everything once more before it is sent.
type CheckPage struct {
	Wizard
	ContentHash string
	Sentences   []CheckLine
	Sections    []CheckSection
	Wish        string
	When        string
	TooEarly    *models.Earliest // the date is before what is realistic
	Reason      string
	Needs       []string // approvals, one a line
	Files       []string
	Hints       []string
	Rivals      []EntryLine
	Missing     []CheckGap // what is still to be done, with the way there
	MaySubmit   bool
	Maintenance bool
}

// CheckLine is one change as a sentence.
type CheckLine struct{ Sentence, Path, Label string }

// CheckSection is a section of the form, before and after.
type CheckSection struct {
	Key, Title string
	Rows       []CheckRow
}

// CheckRow is a field before and after.
type CheckRow struct {
	Label, Old, New string
	Changed         bool
}

// CheckGap is something that is missing.
type CheckGap struct{ Text, Path string }

// File implements Page.
func (*CheckPage) File() string { return "check" }

// FilesPage takes attachments.
type FilesPage struct {
	Wizard
	Files []models.Attachment
	Most  int // megabytes of one file
}

// File implements Page.
func (*FilesPage) File() string { return "files" }

// SentPage confirms that a request was sent.
type SentPage struct {
	Frame
	Number, FormTitle string
	Sentences         []string
	Steps             []string // what happens next
	Contact           string
	Email             string // of who filed it
}

// File implements Page.
func (*SentPage) File() string { return "sent" }

// SectionChoices are the sections of a questionnaire with what can be changed in each.
func SectionChoices(d *definition.Definition, chosen []string) []SectionChoice {
	var out []SectionChoice
	for _, s := range d.Sections {
		var labels []string
		for _, f := range s.Fields {
			if f.Configurable {
				labels = append(labels, f.Label)
			}
		}
		out = append(out, SectionChoice{Key: s.Key, Title: s.Title, Help: s.Help, Fields: strings.Join(labels, " · "), Chosen: slices.Contains(chosen, s.Key)})
	}
	return out
}
