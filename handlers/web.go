package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// Pages are for people with a browser. They take the same verbs of the store
// as the API; what differs is how a request is read and how an answer looks.

const (
	webKey     = "web"     // the answer is a page
	langKey    = "lang"    // the language that the browser was told to remember
	sessionKey = "session" // models.Session of who is signed in
	strangeKey = "strange" // the token of a visitor who is not
	halfKey    = "half"    // models.User whose session lacks something: see models.Lack
)

// pagePolicy is what a page may load: files of its own, icons inside the style sheet.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// web marks what follows as pages and finds out who is there; nobody may be.
func (d *door) web(c *fiber.Ctx) error {
	c.Locals(webKey, true)
	c.Locals(langKey, c.Cookies(d.cookieName("fw-sprache")))
	h := &c.Response().Header
	h.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	h.Set(fiber.HeaderCacheControl, "no-store") // also what only leads on
	h.Set(fiber.HeaderVary, "Cookie")
	if err := d.resume(c); err != nil {
		return err
	}
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		return c.Next()
	}
	return d.takeIn(c)
}

// ours goes on with a form only when it is one of ours.
func (d *door) ours(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		if err := d.unforged(c); err != nil {
			return err
		}
	}
	return c.Next()
}

// isPage tells whether a person with a browser is to be answered.
func isPage(c *fiber.Ctx) bool {
	page, _ := c.Locals(webKey).(bool)
	return page
}

// frame is what surrounds a page for whoever is there.
func (d *door) frame(c *fiber.Ctx, title string, args ...any) templates.Frame {
	f := templates.Frame{Lang: locale(c), Path: c.OriginalURL(), Theme: c.Cookies(d.cookieName("fw-farben")), CSRF: csrf(c), Key: randomHex()}
	f.Title = f.Say(title, args...)
	if f.Theme != "dark" && f.Theme != "light" {
		f.Theme = ""
	}
	if u := whoever(c); u.ID != 0 {
		f.User, f.Demo = &u, u.Demo
		if user(c).ID != 0 {
			f.Nav = navOf(u, c.Path(), f.Lang)
		}
		if u.AGS != "" {
			f.Town, _ = d.Store.MunicipalityName(c.UserContext(), u.AGS) // without it the page still serves
		}
	}
	if done := "web.done." + c.Query("erledigt"); c.Query("erledigt") != "" && templates.Words(f.Lang).Has(done) {
		f.Notice = f.Say(done)
	}
	if d.Rehearsal {
		if now, err := d.Store.Now(c.UserContext()); err == nil {
			f.Rehearsal = &now
		}
	}
	return f
}

// nav lists the ways through the house and the right that takes one there.
var nav = []struct {
	path, label string
	right       models.Right
}{
	{"/", "web.nav.start", models.SeeStart},
	{"/auftraege", "web.nav.requests", models.SeeRequests},
	{"/formulare", "web.nav.forms", models.SeeForms},
	{"/kalender", "web.nav.calendar", models.SeeRequests},
	{"/zahlen", "web.nav.figures", models.SeeFigures},
	{"/verwaltung", "web.nav.admin", models.EnterDesk},
}

func navOf(u models.User, path, lang string) []templates.NavItem {
	var out []templates.NavItem
	for _, n := range nav {
		if !u.MaySomewhere(n.right) {
			continue
		}
		here := path == n.path || n.path != "/" && strings.HasPrefix(path, n.path+"/")
		out = append(out, templates.NavItem{Path: n.path, Label: templates.Words(lang).Say(n.label, nil), Current: here})
	}
	return out
}

// render sends a page.
func (d *door) render(c *fiber.Ctx, status int, p templates.Page) error {
	body, err := templates.RenderPage(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Cookie")
	return c.Status(status).Send(body)
}

// posted is what a form sent under a name. One with files is parsed for those who are signed in only.
func posted(c *fiber.Ctx, name string) string {
	if !hasFiles(c) || user(c).ID == 0 {
		return string(c.Context().PostArgs().Peek(name))
	}
	form, err := c.MultipartForm()
	if err != nil || len(form.Value[name]) == 0 {
		return ""
	}
	return form.Value[name][0]
}

// hasFiles tells whether a form is sent as one that carries files.
func hasFiles(c *fiber.Ctx) bool {
	return strings.HasPrefix(strings.ToLower(c.Get(fiber.HeaderContentType)), "multipart/")
}

// postedAll is every value that a form sent under a name.
func postedAll(c *fiber.Ctx, name string) []string {
	var out []string
	for _, v := range c.Context().PostArgs().PeekMulti(name) {
		out = append(out, string(v))
	}
	return out
}

// onceForm lets a form that is sent twice count once; where tells what page shows the result.
func onceForm[T any](c *fiber.Ctx, where func(T) string) *models.Once {
	return onceSent(c, posted(c, "key"), c.Request().Body(), where)
}

// onceSent does the same for any key and body. A page's key is for all its
// forms, and for each of them again with other words in it: going back to write
// a second comment is no double click.
func onceSent[T any](c *fiber.Ctx, key string, body []byte, where func(T) string) *models.Once {
	if key == "" || len(key) > 100 || !printable(key) {
		return nil
	}
	body = append([]byte(c.Path()+"\n"), body...)
	sum := sha256.Sum256(body)
	return &models.Once{Key: "form " + key + " " + hex.EncodeToString(sum[:8]), Body: body, Answer: func(result any) (int, string, []byte, error) {
		return fiber.StatusSeeOther, where(result.(T)), []byte("{}"), nil
	}}
}

// goOn answers a form that did its work: the browser shows the result.
func goOn[T any](c *fiber.Ctx, o *models.Once, result T, where func(T) string) error {
	if o != nil && o.Kept != nil {
		return c.Redirect(o.Kept.Location, fiber.StatusSeeOther)
	}
	return c.Redirect(where(result), fiber.StatusSeeOther)
}

// backHere is a place inside this house that a form named, or the start page.
func backHere(place string) string {
	u, err := url.Parse(place)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(place, "/") || strings.HasPrefix(place, "//") || strings.ContainsAny(place, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

func randomHex() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails (crypto/rand since Go 1.24)
	return hex.EncodeToString(b)
}
