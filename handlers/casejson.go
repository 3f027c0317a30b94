package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
	"formwandel/templates"
)

// requestJSON is a request as the API shows it.
type requestJSON struct {
	Number       string            `json:"number"`
	Status       models.Status     `json:"status"`
	Version      int               `json:"version"`
	Form         string            `json:"form"`
	Title        string            `json:"title"`
	Municipality municipalityLink  `json:"municipality"`
	Assistant    string            `json:"assistant"`
	Reason       string            `json:"reason"`
	Effective    *fields.Effective `json:"effective"`
	Sections     []string          `json:"sections"`
	Changes      []changeJSON      `json:"changes"`
	Wish         string            `json:"wish"`
	WishUnseen   bool              `json:"wish_unseen"`
	ContentHash  string            `json:"content_hash"`
	Author       models.Person     `json:"author"`
	Assignee     *models.Person    `json:"assignee"`
	Lanes        []laneJSON        `json:"lanes"`
	Approvals    []approvalJSON    `json:"approvals"`
	BlockedBy    []blockerJSON     `json:"blocked_by"`
	Actions      []models.Action   `json:"actions"`
	Due          *time.Time        `json:"due"`
	Late         *int64            `json:"late"`
	AnswerBy     *calendar.Day     `json:"answer_by"`
	AcceptBy     *calendar.Day     `json:"accept_by"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
	SubmittedAt  *time.Time        `json:"submitted_at"`
	ApprovedAt   *time.Time        `json:"approved_at"`
	AppliedAt    *time.Time        `json:"applied_at"`
	Config       *int64            `json:"config_version"`
	Failure      *failureJSON      `json:"failure"`
	Reverts      *string           `json:"reverts"`
	RevertedBy   []string          `json:"reverted_by"`
	Mails        []mailState       `json:"mails"`
	Links        map[string]string `json:"links"`
}

type changeJSON struct {
	Field    string       `json:"field"`
	Section  string       `json:"section"`
	Label    string       `json:"label"`
	Type     fields.Type  `json:"type"`
	Old      fields.Value `json:"old"`
	New      fields.Value `json:"new"`
	Sentence string       `json:"sentence"`
}

type laneJSON struct {
	Side   models.Side `json:"side"`
	Needed int         `json:"needed"`
	Given  int         `json:"given"`
}

type approvalJSON struct {
	Side models.Side   `json:"side"`
	By   models.Person `json:"by"`
	At   time.Time     `json:"at"`
}

type blockerJSON struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type failureJSON struct {
	Code      string         `json:"code"`
	Detail    string         `json:"detail"`
	Gone      string         `json:"gone,omitempty"`
	Conflicts []conflictJSON `json:"conflicts"`
}

type conflictJSON struct {
	Field    string       `json:"field"`
	Label    string       `json:"label"`
	Expected fields.Value `json:"expected"`
	Found    fields.Value `json:"found"`

	Requested *fields.Value `json:"requested,omitempty"`
	Code      string        `json:"code,omitempty"`
}

// mailState is how far a mail about a request got.
type mailState struct {
	ID    int64            `json:"id,omitempty"`
	Kind  models.MailKind  `json:"kind"`
	To    string           `json:"to"`
	State models.MailState `json:"state"`
	Error string           `json:"error,omitempty"`
}

// requestJSON shows a request in the caller's language.
func (d *door) requestJSON(c *fiber.Ctx, k *models.Case) requestJSON {
	l := locale(c)
	words := templates.Words(l)
	out := requestJSON{
		Number: k.Number, Status: k.Status, Version: k.Version, Form: k.FormKey, Title: k.FormTitle, Municipality: municipalityLink{k.AGS, k.Municipality},
		Assistant: k.Assistant, Reason: k.Reason, Effective: effectiveOf(&k.Request), Sections: orEmpty(k.Sections), Changes: changesOf(k.Changes, k.Fields, k.Effective(), l),
		Wish: k.Wish, WishUnseen: k.WishUnseen, ContentHash: k.ContentHash, Author: k.Author, Assignee: k.Assignee, Lanes: lanesOf(&k.Request),
		Approvals: []approvalJSON{}, BlockedBy: []blockerJSON{}, Actions: k.Can, Due: utc(k.DueAt), Late: k.Late, AnswerBy: dayOf(k.AnswerBy), AcceptBy: dayOf(k.AcceptBy),
		CreatedAt: k.CreatedAt.UTC(), UpdatedAt: k.UpdatedAt.UTC(), SubmittedAt: utc(k.SubmittedAt), ApprovedAt: utc(k.ApprovedAt), AppliedAt: utc(k.AppliedAt),
		Config: k.ConfigNumber, RevertedBy: orEmpty(k.RevertedBy), Mails: []mailState{}, Links: d.linksOf(k),
	}
	for _, a := range k.Given {
		out.Approvals = append(out.Approvals, approvalJSON{a.Side, a.By, a.At.UTC()})
	}
	for _, b := range k.Blockers {
		out.BlockedBy = append(out.BlockedBy, blockerJSON{b.Code, templates.BlockerWords(words, b)})
	}
	for _, m := range k.Mails {
		out.Mails = append(out.Mails, mailState{m.ID, m.Kind, m.Recipient, m.State, m.LastError})
	}
	if k.Failure != nil {
		out.Failure = failureOf(k.Failure, words)
	}
	if k.RevertsWhat != "" {
		out.Reverts = &k.RevertsWhat
	}
	return out
}

func effectiveOf(r *models.Request) *fields.Effective {
	if r.Kind == "" {
		return nil
	}
	e := r.Effective()
	return &e
}

// changesOf are changes with their sentences; of a protected value only that it changes.
func changesOf(changes []models.Change, fs []fields.Field, e fields.Effective, locale string) []changeJSON {
	out := make([]changeJSON, 0, len(changes))
	for i, c := range changes {
		out = append(out, changeJSON{
			Field: c.Field, Section: c.Section, Label: c.Label, Type: c.Type, Old: unprotected(c.Type, c.Old), New: unprotected(c.Type, c.New),
			Sentence: fs[i].Sentence(c.Old, c.New, e, locale),
		})
	}
	return out
}

// unprotected is a value as programs read it: of a protected field none.
func unprotected(t fields.Type, v fields.Value) fields.Value {
	if t == fields.Protected {
		return ""
	}
	return v
}

// conflictsOf are the fields that hold something else than a request was built on, and those whose new value no longer fits.
func conflictsOf(conflicts []models.FieldConflict) []conflictJSON {
	out := make([]conflictJSON, 0, len(conflicts))
	for _, k := range conflicts {
		j := conflictJSON{Field: k.Field, Label: k.Label, Expected: unprotected(k.Type, k.Expected), Found: unprotected(k.Type, k.Found), Code: k.Code}
		if k.Unfit() {
			wanted := j.Found
			if j.Requested, j.Found = &wanted, j.Expected; k.Closed() {
				j.Found = ""
			}
		}
		out = append(out, j)
	}
	return out
}

func lanesOf(r *models.Request) []laneJSON {
	return []laneJSON{{models.Municipal, r.NeedMunicipality, r.GivenMunicipality}, {models.Provider, r.NeedProvider, r.GivenProvider}}
}

func failureOf(f *models.Failure, words templates.Catalogue) *failureJSON {
	return &failureJSON{Code: f.Reason, Detail: words.Say("failed."+f.Reason, nil), Gone: f.Gone, Conflicts: conflictsOf(f.Conflicts)}
}

func (d *door) linksOf(k *models.Case) map[string]string {
	self := d.link("/api/v1/requests/" + k.Number)
	return map[string]string{
		"self": self, "events": self + "/events", "comments": self + "/comments", "attachments": self + "/attachments",
		"form": d.link("/api/v1/forms/" + k.FormKey), "page": d.link("/auftraege/" + k.Number),
	}
}

// link is an address under the configured base URL, never one taken from the request.
func (d *door) link(path string) string { return strings.TrimSuffix(d.BaseURL, "/") + path }

// entryJSON is a request as a list shows it.
type entryJSON struct {
	Number       string            `json:"number"`
	Status       models.Status     `json:"status"`
	Version      int               `json:"version"`
	Form         string            `json:"form"`
	Title        string            `json:"title"`
	Municipality municipalityLink  `json:"municipality"`
	Assistant    string            `json:"assistant"`
	Effective    *fields.Effective `json:"effective"`
	Sections     []string          `json:"sections"`
	Sentences    []string          `json:"sentences"`
	Wish         string            `json:"wish"`
	Author       models.Person     `json:"author"`
	Assignee     *models.Person    `json:"assignee"`
	Lanes        []laneJSON        `json:"lanes"`
	Due          *time.Time        `json:"due"`
	Late         *int64            `json:"late"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
	Links        map[string]string `json:"links"`
}

func (d *door) entryJSON(e models.Entry, locale string) entryJSON {
	out := entryJSON{
		Number: e.Number, Status: e.Status, Version: e.Version, Form: e.FormKey, Title: e.FormTitle, Municipality: municipalityLink{e.AGS, e.Municipality},
		Assistant: e.Assistant, Effective: effectiveOf(&e.Request), Sections: orEmpty(e.Sections), Sentences: []string{}, Wish: e.Wish, Author: e.Author, Assignee: e.Assignee,
		Lanes: lanesOf(&e.Request), Due: utc(e.DueAt), Late: e.Late, CreatedAt: e.CreatedAt.UTC(), UpdatedAt: e.UpdatedAt.UTC(),
		Links: map[string]string{"self": d.link("/api/v1/requests/" + e.Number)},
	}
	for i, c := range e.Changes {
		out.Sentences = append(out.Sentences, e.Fields[i].Sentence(c.Old, c.New, e.Effective(), locale))
	}
	return out
}

func dayOf(d calendar.Day) *calendar.Day {
	if d.IsZero() {
		return nil
	}
	return &d
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func orEmpty[S ~[]string](s S) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
