package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// municipalityJSON is a municipality.
type municipalityJSON struct {
	AGS        string `json:"ags"`
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	PLZ        string `json:"plz"`
	Population int64  `json:"population"`
	Demo       bool   `json:"demo"`
}

// municipalities lists those the caller may see.
func (d *door) municipalities(c *fiber.Ctx) error {
	cursor, limit, err := page(c)
	if err != nil {
		return err
	}
	ms, next, err := d.Store.Municipalities(c.UserContext(), user(c), cursor, limit)
	return show(c, pageOf(ms, next, func(m models.Municipality) municipalityJSON {
		return municipalityJSON{m.AGS, m.Name, m.Kind, m.PLZ, m.Population, m.Demo}
	}), err)
}

// assistantJSON is a kind of form.
type assistantJSON struct {
	Key        string        `json:"key"`
	Title      string        `json:"title"`
	Leika      string        `json:"leika"`
	Definition int           `json:"definition"`
	Demo       bool          `json:"demo"`
	Sections   []sectionJSON `json:"sections,omitempty"`
}

func assistantOf(a models.Assistant) assistantJSON {
	return assistantJSON{Key: a.Key, Title: a.Title, Leika: a.Leika, Definition: a.Definition, Demo: a.Demo}
}

// assistants lists the kinds of form.
func (d *door) assistants(c *fiber.Ctx) error {
	cursor, limit, err := page(c)
	if err != nil {
		return err
	}
	as, next, err := d.Store.Assistants(c.UserContext(), cursor, limit)
	return show(c, pageOf(as, next, assistantOf), err)
}

// assistant shows a kind of form with its questionnaire.
func (d *door) assistant(c *fiber.Ctx) error {
	a, def, err := d.Store.Assistant(c.UserContext(), c.Params("key"))
	if err != nil {
		return err
	}
	out := assistantOf(*a)
	out.Sections = sectionsOf(def, def.Defaults(), locale(c))
	return show(c, out, nil)
}

// mailJSON is a row of the outbox.
type mailJSON struct {
	ID        int64            `json:"id"`
	Request   *string          `json:"request"`
	Kind      models.MailKind  `json:"kind"`
	Role      string           `json:"role"`
	To        string           `json:"to"`
	State     models.MailState `json:"state"`
	Attempts  int              `json:"attempts"`
	NextAt    *time.Time       `json:"next_at"`
	CreatedAt time.Time        `json:"created_at"`
	SentAt    *time.Time       `json:"sent_at"`
	Error     string           `json:"error"`
	MessageID string           `json:"message_id"`
}

func mailOf(m models.Outgoing) mailJSON {
	out := mailJSON{
		ID: m.ID, Kind: m.Kind, Role: m.Role, To: m.Recipient, State: m.State, Attempts: m.Attempts, CreatedAt: m.CreatedAt.UTC(), SentAt: utc(m.SentAt),
		Error: m.LastError, MessageID: m.MessageID,
	}
	if m.State == models.MailWaiting {
		out.NextAt = utc(&m.NextAt)
	}
	if m.Number != "" {
		out.Request = &m.Number
	}
	return out
}

// mails lists the outbox.
func (d *door) mails(c *fiber.Ctx) error {
	cursor, limit, err := page(c, "state")
	if err != nil {
		return err
	}
	ms, next, err := d.Store.Mails(c.UserContext(), user(c), c.Query("state"), cursor, limit)
	return show(c, pageOf(ms, next, mailOf), err)
}

// retryMail sends a mail again.
func (d *door) retryMail(c *fiber.Ctx) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	render := func(m *models.Outgoing) answer { return answer{status: fiber.StatusOK, body: mailOf(*m)} }
	o, err := once(c, render)
	if err != nil {
		return err
	}
	out, err := d.Store.RetryMail(c.UserContext(), user(c), id, o)
	return reply(c, o, out, err, render)
}
