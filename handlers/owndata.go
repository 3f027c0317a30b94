package handlers

import (
	"context"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// ownDataPage tells what is kept about whoever asks, and offers it.
func (d *door) ownDataPage(c *fiber.Ctx) error {
	return d.render(c, fiber.StatusOK, &templates.OwnDataPage{Frame: d.frame(c, "web.privacy.own"), Crumbs: []templates.Crumb{crumb(c, "/konto", "web.account.title")}})
}

// ownDataTime is how long it may take to gather it: of somebody who has filed a hundred thousand requests, too.
const ownDataTime = 30 * time.Second

// ownDataFile sends everything that is kept about whoever asks. It is written into a file
// first, so that it takes no memory and is whole when it is sent.
func (d *door) ownDataFile(c *fiber.Ctx) error {
	f, err := os.CreateTemp("", "formwandel-own-*") // readable by its owner only
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil { // gone with its last reader, whatever happens
		return closed(f, err)
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(c.UserContext()), ownDataTime)
	defer end()
	if err := d.Store.OwnData(ctx, user(c), f); err != nil {
		return closed(f, err)
	}
	defer giveTime(c)() // for what is left to do
	size, err := f.Seek(0, 1)
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err == nil {
		err = d.witness(c, models.Exported, "own_data")
	}
	if err != nil {
		return closed(f, err)
	}
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="meine-daten.json"`)
	return c.SendStream(f, int(size)) // closes it
}

// closed gives a file up for the sake of an error.
func closed(f *os.File, err error) error {
	_ = f.Close() // nobody reads it any more
	return err
}
