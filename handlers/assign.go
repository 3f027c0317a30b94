package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// assignBody is a step that names an agent.
type assignBody struct {
	versionBody
	Assignee int64 `json:"assignee"`
}

// assign gives a request to an agent.
func (d *door) assign(c *fiber.Ctx) error {
	var b assignBody
	if err := bind(c, &b); err != nil {
		return err
	}
	in := b.input()
	in.Assignee = b.Assignee
	return d.perform(c, models.Assign, in)
}
