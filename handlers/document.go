package handlers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// Scan names the virus in a document, "" if there is none; an error says that nobody knows.
type Scan func(ctx context.Context, body []byte) (virus string, err error)

// document reads the document that a form carries and has it looked into before anybody keeps it.
func (d *door) document(c *fiber.Ctx) (name string, body []byte, err error) {
	if name, body, err = upload(c); err != nil {
		return "", nil, err
	}
	if len(body) > models.MaxAttachment {
		return name, body, nil // which is refused in any case
	}
	return name, body, d.clean(c, body)
}

// clean refuses what carries a virus, and everything while the scanner is silent.
func (d *door) clean(c *fiber.Ctx, body []byte) error {
	if d.Scan == nil {
		return nil
	}
	virus, err := d.Scan(c.UserContext(), body)
	if err != nil {
		d.Log.Error("the virus scanner does not answer: no file is taken", "error", err)
		return &models.Error{Kind: models.Busy, Code: "scanner_silent"}
	}
	if virus == "" {
		return nil
	}
	if err := d.witness(c, models.VirusFound, signature(virus)); err != nil {
		return err
	}
	return &models.Error{Kind: models.Invalid, Code: "virus_found", Fields: []models.FieldError{{Field: "file", Code: "virus_found"}}}
}

// signature is a virus's name as the log takes it.
func signature(name string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '_'
	}, name[:min(len(name), 100)])
}

// refusedFile writes down that a page has refused a document, and passes the refusal
// on; what is no page's is noticed where it is answered.
func (d *door) refusedFile(c *fiber.Ctx, why error) error {
	var e *models.Error
	if !errors.As(why, &e) || !slices.Contains(refusedFiles, e.Code) {
		return why
	}
	if err := d.witness(c, models.FileRefused, e.Code); err != nil {
		return err
	}
	return why
}
