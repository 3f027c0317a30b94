package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

type commentBody struct {
	Text     string `json:"text"`
	Internal bool   `json:"internal"`
}

// commentJSON is what somebody said about a request.
type commentJSON struct {
	Seq      int64         `json:"seq"`
	At       time.Time     `json:"at"`
	Author   models.Person `json:"author"`
	Text     string        `json:"text"`
	Internal bool          `json:"internal"`
}

// comments shows what was said.
func (d *door) comments(c *fiber.Ctx) error {
	cursor, limit, err := page(c)
	if err != nil {
		return err
	}
	es, next, err := d.Store.Comments(c.UserContext(), user(c), c.Params("number"), cursor, limit)
	return show(c, pageOf(es, next, func(h models.History) commentJSON {
		return commentJSON{h.Seq, h.At.UTC(), h.Actor, h.Comment, h.Internal}
	}), err)
}

// comment says something.
func (d *door) comment(c *fiber.Ctx) error {
	var b commentBody
	if err := bind(c, &b); err != nil {
		return err
	}
	render := func(s *models.Said) answer {
		return answer{status: fiber.StatusCreated, body: commentJSON{s.Seq, s.At.UTC(), s.Author, s.Text, s.Internal}}
	}
	o, err := once(c, render)
	if err != nil {
		return err
	}
	out, err := d.Store.Comment(c.UserContext(), user(c), c.Params("number"), b.Text, b.Internal, o)
	return reply(c, o, out, err, render)
}
