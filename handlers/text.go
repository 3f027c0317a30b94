package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/templates"
)

// text shows a page of prose.
func (d *door) text(name string) fiber.Handler {
	return func(c *fiber.Ctx) error { return d.showText(c, name) }
}

// help shows a page of help by its name.
func (d *door) help(c *fiber.Ctx) error {
	topics := templates.Topics(locale(c), "")
	if !slices.ContainsFunc(topics, func(t templates.Topic) bool { return t.Path == "/hilfe/"+c.Params("topic") }) {
		return fiber.ErrNotFound
	}
	return d.showText(c, c.Params("topic"))
}

func (d *door) showText(c *fiber.Ctx, name string) error {
	p := &templates.TextPage{Frame: d.frame(c, "web.help"), Name: name}
	p.Title = templates.TextTitle(p.Lang, name)
	if topics := templates.Topics(p.Lang, name); slices.ContainsFunc(topics, func(t templates.Topic) bool { return t.Current }) {
		p.Topics = topics
	}
	return d.render(c, fiber.StatusOK, p)
}
