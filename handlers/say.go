package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// addComment adds a comment to a request, or a note for the provider's eyes.
func (d *door) addComment(c *fiber.Ctx) error {
	number, internal := c.Params("number"), posted(c, "intern") == "ja"
	where := func(s *models.Said) string {
		if s.Internal {
			return "/auftraege/" + number + "?erledigt=request_note#kommentare"
		}
		return "/auftraege/" + number + "?erledigt=request_comment#kommentare"
	}
	o := onceForm(c, where)
	said, err := d.Store.Comment(c.UserContext(), user(c), number, posted(c, "text"), internal, o)
	if err != nil {
		return d.mend(c, err, "text")
	}
	return goOn(c, o, said, where)
}

// enclose adds a document to a request.
func (d *door) enclose(c *fiber.Ctx) error {
	name, body, err := d.document(c)
	if err != nil {
		return d.mend(c, err, "file")
	}
	number := c.Params("number")
	where := func(*models.Attachment) string {
		return "/auftraege/" + number + "?erledigt=request_attach#anlagen"
	}
	o := onceSent(c, posted(c, "key"), append([]byte(name+"\n"), body...), where)
	a, err := d.Store.Attach(c.UserContext(), user(c), number, name, body, o)
	if err != nil {
		return d.mend(c, d.refusedFile(c, err), "file")
	}
	return goOn(c, o, a, where)
}

// mend shows the request again with what is wrong at one of its inputs; what was typed stays there.
func (d *door) mend(c *fiber.Ctx, why error, input string) error {
	var refusal *models.Error
	if !errors.As(why, &refusal) {
		return why
	}
	words := templates.Words(locale(c))
	var problems []templates.Problem
	switch refusal.Kind {
	case models.Invalid, models.Malformed:
		for _, f := range fieldsOf(refusal.Fields, words) {
			if f.Code == "one_file" || f.Code == "not_multipart" {
				f.Detail = words.Say("web.request.file_missing", nil)
			}
			problems = append(problems, templates.Problem{Field: input, Text: f.Detail})
		}
	case models.TooLarge, models.Unsupported, models.Conflict:
		problems = []templates.Problem{{Field: input, Text: inWords(refusal, words)}}
	}
	if problems == nil || refusal.Code == "still_running" {
		return why
	}
	return d.showRequest(c, statusOf[refusal.Kind], posted(c, "text"), problems)
}
