package templates

import (
	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// AssistantsPage lists the kinds of form.
type AssistantsPage struct {
	Desk
	Assistants  []models.Assistant
	Next, First string
	May         bool // import one
}

// File implements Page.
func (*AssistantsPage) File() string { return "assistants" }

// AssistantPage shows one questionnaire.
type AssistantPage struct {
	Desk
	Definition *definition.Definition
	Newest     bool
	Sections   []SectionWords
	Versions   []QuestionnaireLine
	May        bool
}

// QuestionnaireLine is one version of a questionnaire.
type QuestionnaireLine struct {
	models.Questionnaire
	Path, Compare string // to read it; what it changed
	Current       bool
}

// SectionWords is a section of a questionnaire in plain words.
type SectionWords struct {
	definition.Section
	Fields []FieldWords
}

// FieldWords is a field in plain words.
type FieldWords struct {
	fields.Field
	Kind  string
	Rules []string
	Shows string // its default value
}

// File implements Page.
func (*AssistantPage) File() string { return "assistant" }

// QuestionnaireDiffPage tells what two versions of a questionnaire have different.
type QuestionnaireDiffPage struct {
	Desk
	Difference
	From, To int
}

// Difference is what a version of a questionnaire changes.
type Difference struct {
	Added, Removed []FieldChange
	Changed        []FieldChange
}

// FieldChange is one field that comes, goes or becomes another.
type FieldChange struct {
	Section, Label, Key, Kind string
	What                      []string // in words, with old and new
}

// File implements Page.
func (*QuestionnaireDiffPage) File() string { return "questionnairediff" }

// AssistantImportPage takes a questionnaire, and first says what it would change.
type AssistantImportPage struct {
	Desk
	Text     string // as typed
	Faults   []definition.Finding
	Forecast *AssistantForecast
}

// AssistantForecast is what an import would change, and the import itself, packed.
type AssistantForecast struct {
	Difference
	Title, Key, Packed, Hash   string
	Version, Known             int
	Same                       bool
	Forms, Untouched, Affected int
	Lost                       []LostLine
	More                       int // lost values that the page does not show
}

// LostLine is a value that the new questionnaire has no room for.
type LostLine struct{ Form, Label, Value, Why string }

// File implements Page.
func (*AssistantImportPage) File() string { return "assistantimport" }
