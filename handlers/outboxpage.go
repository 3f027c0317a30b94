package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const outboxPath = "/verwaltung/postausgang"

// framePolicy lets a page show a letter in a window of its own.
const framePolicy = pagePolicy + "; frame-src 'self'"

// letterPolicy is what a letter may do in that window: nothing but look as it looks.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"

// outbox lists the mails by what has become of them.
func (d *door) outbox(c *fiber.Ctx) error {
	state := c.Query("state")
	ms, next, err := d.Store.Mails(c.UserContext(), user(c), state, c.Query("cursor"), 0)
	if err != nil {
		return err
	}
	p := &templates.OutboxPage{Desk: d.desk(c, say(c, "web.admin.outbox")), State: state, MayRetry: user(c).May(models.RetryMails, "")}
	for _, s := range []string{"", "waiting", "failed", "sent"} {
		item := templates.NavItem{Path: outboxPath, Label: say(c, "web.admin.outbox.all"), Current: s == state}
		if s != "" {
			item.Path, item.Label = outboxPath+"?state="+s, say(c, "web.admin.mail.state."+s)
		}
		p.States = append(p.States, item)
	}
	for _, m := range ms {
		p.Mails = append(p.Mails, templates.OutboxLine{Outgoing: m, Path: outboxPath + "/" + itoa(m.ID), What: whatOf(c, m.Kind), RoleName: roleName(c, m.Role)})
	}
	p.Next, p.First = pages(c, next)
	return d.render(c, fiber.StatusOK, p)
}

// pages are the ways to the next page of a list and to its beginning, with its filters.
func pages(c *fiber.Ctx, next string) (more, first string) {
	args := fiber.AcquireArgs()
	defer fiber.ReleaseArgs(args)
	c.Context().QueryArgs().CopyTo(args)
	had := args.Has("cursor")
	for _, k := range []string{"cursor", "erledigt"} {
		args.Del(k)
	}
	if had {
		first = strings.TrimSuffix(c.Path()+"?"+args.String(), "?")
	}
	if next != "" {
		args.Set("cursor", next)
		more = c.Path() + "?" + args.String()
	}
	return more, first
}

// whatOf says what a kind of mail reports.
func whatOf(c *fiber.Ctx, kind models.MailKind) string {
	if kind == models.MailMaintenance {
		return say(c, "web.admin.mail.maintenance") // switched on or off
	}
	if kind == models.MailCheckpoint {
		return say(c, "web.admin.mail.checkpoint")
	}
	if what := "mail." + string(kind) + ".what"; templates.Words(locale(c)).Has(what) {
		return say(c, what)
	}
	return say(c, "web.mail.kind."+string(kind))
}

// roleName says why somebody gets a mail.
func roleName(c *fiber.Ctx, role string) string { return say(c, "web.admin.mail.role."+role) }

// mailPage shows one mail.
func (d *door) mailPage(c *fiber.Ctx) error {
	l, w, err := d.written(c)
	if err != nil {
		return err
	}
	p := &templates.MailPage{Desk: d.desk(c, say(c, "web.admin.mail.title", "id", l.Mail.ID), crumb(c, outboxPath, "web.admin.outbox")), Written: w,
		Mail: l.Mail, Number: l.Facts.Number, Place: l.Facts.Municipality, What: whatOf(c, l.Mail.Kind), RoleName: roleName(c, l.Mail.Role),
		MayRetry: user(c).May(models.RetryMails, "") && l.Mail.State != models.MailSent}
	if at := strings.LastIndexByte(l.Mail.MessageID, '@'); l.Facts.Number != "" && at > 0 {
		p.Thread = "<" + l.Facts.Number + l.Mail.MessageID[at:]
	}
	c.Set(fiber.HeaderContentSecurityPolicy, framePolicy)
	return d.render(c, fiber.StatusOK, p)
}

// written reads a mail and writes its letter.
func (d *door) written(c *fiber.Ctx) (*models.Letter, templates.Written, error) {
	id, err := number(c, "id")
	if err != nil {
		return nil, templates.Written{}, err
	}
	l, err := d.Store.Letter(c.UserContext(), user(c), id)
	if err != nil {
		return nil, templates.Written{}, err
	}
	subject, text, _, err := templates.RenderMail(*l, d.BaseURL)
	return l, templates.Written{Subject: subject, Text: text, HTMLPath: outboxPath + "/" + itoa(id) + "/html"}, err
}

// mailHTML is a mail's HTML as a mail program would show it.
func (d *door) mailHTML(c *fiber.Ctx) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	l, err := d.Store.Letter(c.UserContext(), user(c), id)
	if err != nil {
		return err
	}
	return d.showLetter(c, *l)
}

// showLetter sends a letter's HTML, locked in.
func (d *door) showLetter(c *fiber.Ctx, l models.Letter) error {
	_, _, html, err := templates.RenderMail(l, d.BaseURL)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, letterPolicy)
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(html)
}

// mailAgain sends a mail again.
func (d *door) mailAgain(c *fiber.Ctx) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	where := func(*models.Outgoing) string { return outboxPath + "/" + itoa(id) + "?erledigt=mail_retry" }
	o := onceForm(c, where)
	out, err := d.Store.RetryMail(c.UserContext(), user(c), id, o)
	if err != nil {
		return err
	}
	return goOn(c, o, out, where)
}

// mailSamples lists every letter that the product writes.
func (d *door) mailSamples(c *fiber.Ctx) error {
	p := &templates.MailSamplesPage{Desk: d.desk(c, say(c, "web.admin.samples"), crumb(c, outboxPath, "web.admin.outbox"))}
	for _, s := range templates.MailSamples() {
		what, role := whatOf(c, s.Kind), roleName(c, s.Role)
		if n := len(p.Groups); n == 0 || p.Groups[n-1].What != what {
			p.Groups = append(p.Groups, templates.SampleGroup{What: what})
		}
		g := &p.Groups[len(p.Groups)-1]
		path := outboxPath + "/vorlagen/" + string(s.Kind) + "/" + s.Role
		g.Lines = append(g.Lines, templates.SampleLine{
			RoleName: role, German: path + "/de", English: path + "/en", GermanOf: "Deutsch: " + what + ", " + role, EnglOf: "English: " + what + ", " + role,
		})
	}
	return d.render(c, fiber.StatusOK, p)
}

// sample is the letter that an address names.
func sample(c *fiber.Ctx) (models.Letter, error) {
	kind, role, lang := models.MailKind(c.Params("kind")), c.Params("role"), c.Params("lang")
	for _, s := range templates.MailSamples() {
		if s.Kind == kind && s.Role == role && (lang == "de" || lang == "en") {
			return templates.SampleLetter(kind, role, lang), nil
		}
	}
	return models.Letter{}, &models.Error{Kind: models.NotFound, Code: "mail"}
}

// mailSample shows one letter with example facts.
func (d *door) mailSample(c *fiber.Ctx) error {
	l, err := sample(c)
	if err != nil {
		return err
	}
	subject, text, _, err := templates.RenderMail(l, d.BaseURL)
	if err != nil {
		return err
	}
	title := say(c, "web.admin.samples.title", "what", whatOf(c, l.Mail.Kind), "role", roleName(c, l.Mail.Role))
	p := &templates.MailSamplePage{Desk: d.desk(c, title, crumb(c, outboxPath, "web.admin.outbox"), crumb(c, outboxPath+"/vorlagen", "web.admin.samples"))}
	p.Written = templates.Written{Subject: subject, Text: text, HTMLPath: c.Path() + "/html"}
	other := map[string]string{"de": "en", "en": "de"}[l.Mail.Locale]
	p.Other = strings.TrimSuffix(c.Path(), l.Mail.Locale) + other
	c.Set(fiber.HeaderContentSecurityPolicy, framePolicy)
	return d.render(c, fiber.StatusOK, p)
}

// mailSampleHTML is the same as a mail program would show it.
func (d *door) mailSampleHTML(c *fiber.Ctx) error {
	l, err := sample(c)
	if err != nil {
		return err
	}
	return d.showLetter(c, l)
}
