package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"formwandel/models"
	"formwandel/models/fields"
	"formwandel/templates"
)

// problem is an error as machines read it (RFC 9457), with words for people.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   string         `json:"code"`
	ID     string         `json:"id,omitempty"` // under which operators find it in the log
	Errors []problemField `json:"errors,omitempty"`
}

// problemField is one thing to mend.
type problemField struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// statusOf turns a kind of refusal into a status, once.
var statusOf = map[models.Kind]int{
	models.NotFound: 404, models.Forbidden: 403, models.Conflict: 409, models.Invalid: 422, models.Malformed: 400,
	models.Unauthorized: 401, models.TooLarge: 413, models.Unsupported: 415, models.Busy: 503, models.Limited: 429,
}

// codeOf gives the framework's own refusals a code.
var codeOf = map[int]string{
	400: "bad_request", 404: "not_found", 405: "method_not_allowed", 408: "timeout", 413: "body_too_large", 414: "uri_too_long", 415: "content_type", 431: "header_too_large",
}

// fail turns every error into an answer; what is not a refusal is logged with
// an id and told in general words.
func (d *door) fail(c *fiber.Ctx, err error) error {
	d.dress(c) // what the server itself refuses has passed no guard
	words := templates.Words(locale(c))
	var refusal *models.Error
	var framework *fiber.Error
	p := problem{Type: "about:blank", Status: 500, Code: "internal"}
	switch {
	case errors.As(err, &refusal):
		d.noticed(c, refusal)
		p.Status, p.Code = statusOf[refusal.Kind], refusal.Code
		p.Detail = inWords(refusal, words)
		if refusal.Kind == models.NotFound {
			p.Code = "not_found" // what is missing and what is not yours look the same
		}
		p.Errors = fieldsOf(refusal.Fields, words)
		if refusal.Kind == models.Busy {
			c.Set(fiber.HeaderRetryAfter, "2")
			if refusal.Code != "crowded" { // which says enough
				p.ID = d.logged(c, err)
			}
		}
		waitFor(c, refusal)
	case errors.As(err, &framework) && codeOf[framework.Code] != "":
		p.Status, p.Code = framework.Code, codeOf[framework.Code]
		p.Detail = words.Say("error."+p.Code, nil)
	default:
		p.ID = d.logged(c, err)
		p.Detail = words.Say("error.internal", map[string]any{"id": p.ID})
	}
	p.Title = words.Say("status."+statusName(p.Status), nil)
	if wantsPage(c) {
		return d.failPage(c, p)
	}
	if p.Status == 401 {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentLanguage, words.Lang())
	return c.Status(p.Status).Send(body)
}

// wantsPage tells whether a refusal is shown to a person: on pages, and where
// a browser asks for what is no page at all.
func wantsPage(c *fiber.Ctx) bool {
	return isPage(c) || strings.Contains(c.Get(fiber.HeaderAccept), "text/html") && !strings.HasPrefix(c.Path(), "/api/") && !strings.HasPrefix(c.Path(), "/public/")
}

// failPage shows a refusal as a page, with what the person had typed.
func (d *door) failPage(c *fiber.Ctx, p problem) error {
	c.Set("Content-Security-Policy", pagePolicy)
	if !isPage(c) { // an address that is nobody's passed no handler
		c.Locals(webKey, true)
		if err := d.resume(c); err != nil {
			d.Log.Warn("a page of refusal without a session", "error", err)
		}
	}
	page := &templates.ErrorPage{Frame: d.frame(c, "status."+statusName(p.Status)), Detail: p.Detail, ID: p.ID, Kept: typed(c), SignIn: p.Status == fiber.StatusUnauthorized}
	for _, f := range p.Errors {
		page.Problems = append(page.Problems, templates.Problem{Text: f.Detail})
	}
	if back, err := url.Parse(c.Get(fiber.HeaderReferer)); err == nil && back.Host == string(c.Request().Host()) {
		page.Back = backHere(back.RequestURI())
	}
	return d.render(c, p.Status, page)
}

// mostKept is how much of it a page shows again, in bytes.
const mostKept = 400_000

// shortText is what is typed again faster than it is found on a page: words of a search, a choice. What was put into a
// field of a form is shown, however short.
const shortText = 20

// untold are fields that are shown to nobody again.
var untold = []string{"csrf", "key", "password", "passkey", "code", "notfallcode", proofPassword, proofCode, proofPasskey}

// typed is the longer text that a form sent, and what was put into its fields, so that no refusal loses it. What
// another site has written is not shown in our name.
func typed(c *fiber.Ctx) []string {
	if fromElsewhere(c) {
		return nil
	}
	args := c.Context().PostArgs()
	times, marks := map[string]int{}, map[string]string{}
	for name, value := range args.All() {
		if key, ok := bytes.CutPrefix(name, []byte("alt-")); ok {
			marks[string(key)] = string(value)
		}
		times[string(name)]++
	}
	var out []string
	room := mostKept
	for name, value := range args.All() {
		n := string(name)
		if slices.Contains(untold, n) || len(value) == 0 || len(value) > room || strings.HasPrefix(n, "geheim") {
			continue
		}
		key, field := strings.CutPrefix(n, "f-")
		was := marks[key]
		one := field && was != "" && times[n] == 1
		if one && (was == markOf(string(value)) || was == markOf([]string{string(value)})) || !one && len(value) <= shortText {
			continue // nobody has touched it, or it is nothing to miss
		}
		out, room = append(out, string(value)), room-len(value)
	}
	return out
}

// statusName is the key of a status's title.
func statusName(status int) string {
	for kind, s := range statusOf {
		if s == status {
			return string(kind)
		}
	}
	if codeOf[status] != "" {
		return codeOf[status]
	}
	return "internal"
}

func (d *door) logged(c *fiber.Ctx, err error) string {
	id := uuid.NewString()
	d.Log.Error("request failed", "id", id, "method", c.Method(), "route", c.Route().Path, "error", err)
	return id
}

func fieldsOf(in []models.FieldError, words templates.Catalogue) []problemField {
	var out []problemField
	for _, f := range in {
		p := fields.Problem{Path: f.Field, Code: f.Code, Args: f.Args}
		out = append(out, problemField{f.Field, f.Code, p.Detail(words.Lang(), words.Say)})
	}
	return out
}
