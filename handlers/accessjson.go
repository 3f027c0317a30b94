package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
)

// accessJSON is an access as a municipality has granted it, or not.
type accessJSON struct {
	Kind    models.Access  `json:"kind"`
	Granted bool           `json:"granted"`
	Number  *int64         `json:"number"`
	Since   *time.Time     `json:"since"`
	Until   *calendar.Day  `json:"until"`
	Reason  string         `json:"reason"`
	By      *models.Person `json:"by"`
}

// accessOf is what a municipality has granted.
func accessOf(g models.Grant) accessJSON {
	out := accessJSON{Kind: g.Kind, Granted: g.InForce(), Until: dayOf(g.Until()), Reason: g.Reason}
	if g.Seq != 0 {
		out.Number, out.Since, out.By = &g.Seq, utc(&g.GrantedAt), &g.By
	}
	return out
}

// access tells what a municipality lets the provider do.
func (d *door) access(c *fiber.Ctx) error {
	grants, err := d.Store.Access(c.UserContext(), user(c), c.Params("ags"))
	return show(c, pageOf(grants, "", accessOf), err)
}

type accessBody struct {
	Kind    models.Access `json:"kind"`
	Granted *bool         `json:"granted"`
	Until   *string       `json:"until"`
	Reason  string        `json:"reason"`
	Number  *int64        `json:"number"`
}

// change is the body as the store takes it.
func (b accessBody) change() (models.AccessChange, error) {
	ch := models.AccessChange{Kind: b.Kind, Reason: b.Reason, Seen: b.Number}
	if b.Granted == nil {
		return ch, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "granted", Code: "parameter_required"}}}
	}
	ch.On = *b.Granted
	if b.Until == nil {
		return ch, nil
	}
	var err error
	if ch.Until, err = calendar.ParseDay(*b.Until); err != nil {
		return ch, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "until", Code: "not_a_day"}}}
	}
	return ch, nil
}

// putAccess grants the provider an access, or withdraws it.
func (d *door) putAccess(c *fiber.Ctx) error {
	var b accessBody
	if err := bind(c, &b); err != nil {
		return err
	}
	ch, err := b.change()
	if err != nil {
		return err
	}
	render := func(ags string) answer {
		return answer{status: fiber.StatusOK, body: fiber.Map{"kind": b.Kind, "granted": *b.Granted}}
	}
	o, err := once(c, render)
	if err != nil {
		return err
	}
	err = d.Store.SetAccess(c.UserContext(), user(c), c.Params("ags"), ch, o)
	return reply(c, o, c.Params("ags"), err, render)
}
