package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// filesPage shows a request's attachments and takes another.
func (d *door) filesPage(c *fiber.Ctx, k *desk) error { return d.showFiles(c, k, asShown) }

func (d *door) showFiles(c *fiber.Ctx, k *desk, a attempt) error {
	p := &templates.FilesPage{Wizard: d.wizard(c, k, "web.filing.files.title"), Most: models.MaxAttachment >> 20}
	p.Problems = a.problems
	var err error
	if p.Files, err = d.Store.Attachments(c.UserContext(), user(c), k.Number); err != nil {
		return err
	}
	return d.render(c, a.status, p)
}

// attachFile takes one document.
func (d *door) attachFile(c *fiber.Ctx, k *desk) error {
	name, body, err := d.document(c)
	where := k.base() + "/" + filesStep + "?erledigt=anlage"
	if err == nil {
		o := onceSent(c, posted(c, "key"), append([]byte(name+"\n"), body...), func(any) string { return where })
		if _, err = d.Store.Attach(c.UserContext(), user(c), k.Number, name, body, o); err == nil {
			return c.Redirect(where, fiber.StatusSeeOther)
		}
		err = d.refusedFile(c, err)
	}
	var e *models.Error
	if !errors.As(err, &e) || e.Kind == models.NotFound || e.Kind == models.Busy {
		return err
	}
	return d.showFiles(c, k, attempt{status: statusOf[e.Kind], problems: []templates.Problem{{Field: "file", Text: fileProblem(templates.Words(locale(c)), e)}}})
}

// fileProblem says what is wrong with a document.
func fileProblem(words templates.Catalogue, e *models.Error) string {
	if len(e.Fields) > 0 && (e.Fields[0].Code == "one_file" || e.Fields[0].Code == "file_empty") {
		return words.Say("web.filing.files.none", nil)
	}
	return inWords(e, words)
}
