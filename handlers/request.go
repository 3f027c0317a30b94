package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// contentBody is what a person enters into a request; an absent name leaves a part as it is.
type contentBody struct {
	Reason    *string        `json:"reason"`
	Effective *effectiveBody `json:"effective"`
	Sections  *[]string      `json:"sections"`
	Changes   *[]changeBody  `json:"changes"`
	Wish      *string        `json:"wish"`
}

type effectiveBody struct {
	Kind  string  `json:"kind"`
	Date  string  `json:"date"`
	Until *string `json:"until"`
}

type changeBody struct {
	Field string  `json:"field"`
	New   rawJSON `json:"new"`
}

// content is the body as the store takes it.
func (b contentBody) content() models.Content {
	c := models.Content{Reason: b.Reason, Wish: b.Wish, Sections: b.Sections}
	if b.Effective != nil {
		c.Effective = &models.EffectiveInput{Kind: b.Effective.Kind, Date: b.Effective.Date}
		if b.Effective.Until != nil {
			c.Effective.Until = *b.Effective.Until
		}
	}
	if b.Changes != nil {
		changes := make([]models.ChangeInput, 0, len(*b.Changes))
		for _, ch := range *b.Changes {
			changes = append(changes, models.ChangeInput{Field: ch.Field, New: []byte(ch.New)})
		}
		c.Changes = &changes
	}
	return c
}

// given tells whether the body enters anything at all.
func (b contentBody) given() bool {
	return b.Reason != nil || b.Effective != nil || b.Sections != nil || b.Changes != nil || b.Wish != nil
}

type fileBody struct {
	contentBody
	Form   string `json:"form"`
	Submit bool   `json:"submit"`
}

// file files a request.
func (d *door) file(c *fiber.Ctx) error {
	var b fileBody
	if err := bind(c, &b); err != nil {
		return err
	}
	render := d.requestAnswer(c, fiber.StatusCreated)
	o, err := once(c, render)
	if err != nil {
		return err
	}
	out, err := d.Store.File(c.UserContext(), user(c), models.FileInput{Form: b.Form, Content: b.content(), Submit: b.Submit, Once: o})
	return reply(c, o, out, err, render)
}

// request shows a request.
func (d *door) request(c *fiber.Ctx) error {
	out, err := d.Store.Case(c.UserContext(), user(c), c.Params("number"))
	if err != nil {
		return err
	}
	return show(c, d.requestJSON(c, out), nil)
}

type editBody struct {
	contentBody
	versionBody
}

// versionBody binds a step to what was shown.
type versionBody struct {
	Version     int    `json:"version"`
	ContentHash string `json:"content_hash"`
	Comment     string `json:"comment"`
}

func (b versionBody) input() models.Input {
	return models.Input{Version: b.Version, ContentHash: b.ContentHash, Comment: b.Comment}
}

// edit changes what a request says.
func (d *door) edit(c *fiber.Ctx) error {
	return d.step(c, models.Edit, true)
}

// act performs an action on a request.
func (d *door) act(c *fiber.Ctx) error {
	a := models.Action(c.Params("action"))
	if !forPeople[a] {
		return fiber.ErrNotFound
	}
	if a == models.Assign {
		return d.assign(c)
	}
	return d.step(c, a, a == models.Answer)
}

// forPeople are the actions that can be asked for by name; edit is PATCH, the rest is the clock's.
var forPeople = map[models.Action]bool{
	models.Submit: true, models.Claim: true, models.Assign: true, models.Ask: true, models.Answer: true, models.Approve: true, models.Reject: true, models.Reopen: true,
	models.Apply: true, models.Rebase: true, models.Withdraw: true, models.Accept: true, models.Revert: true,
}

// step binds an action, with or without content, and lets the store do it.
func (d *door) step(c *fiber.Ctx, a models.Action, withContent bool) error {
	var b editBody
	var err error
	if withContent {
		err = bind(c, &b)
	} else {
		err = bind(c, &b.versionBody)
	}
	if err != nil {
		return err
	}
	in := b.input()
	if b.given() {
		content := b.content()
		in.Content = &content
	}
	return d.perform(c, a, in)
}

// perform lets the store take a step, and answers with the request after it.
func (d *door) perform(c *fiber.Ctx, a models.Action, in models.Input) error {
	status := fiber.StatusOK
	if a == models.Revert {
		status = fiber.StatusCreated
	}
	render := d.requestAnswer(c, status)
	var err error
	if in.Once, err = once(c, render); err != nil {
		return err
	}
	out, err := d.Store.Do(c.UserContext(), user(c), c.Params("number"), a, in)
	return reply(c, in.Once, out, err, render)
}

// requestAnswer renders a request as the answer of a write; only a new one has a place to go to.
func (d *door) requestAnswer(c *fiber.Ctx, status int) func(*models.Case) answer {
	return func(out *models.Case) answer {
		a := answer{status: status, body: d.requestJSON(c, out)}
		if status == fiber.StatusCreated {
			a.location = d.link("/api/v1/requests/" + out.Number)
		}
		return a
	}
}

// queue lists requests.
func (d *door) queue(c *fiber.Ctx) error {
	if err := known(c, queueParameters...); err != nil {
		return err
	}
	f, err := readFilter(queryOf(c))
	if err != nil {
		return err
	}
	entries, next, err := d.Store.Requests(c.UserContext(), user(c), f)
	if err != nil {
		return err
	}
	l := locale(c)
	return show(c, pageOf(entries, next, func(e models.Entry) entryJSON { return d.entryJSON(e, l) }), nil)
}

// events shows a request's history.
func (d *door) events(c *fiber.Ctx) error {
	cursor, limit, err := page(c)
	if err != nil {
		return err
	}
	es, next, err := d.Store.Events(c.UserContext(), user(c), c.Params("number"), cursor, limit)
	l := locale(c)
	return show(c, pageOf(es, next, func(h models.History) eventJSON { return eventOf(h, l) }), err)
}
