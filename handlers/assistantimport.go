package handlers

import (
	"bytes"
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/templates"
)

// maxQuestionnaire bounds a questionnaire that comes through a page, in bytes.
const maxQuestionnaire = packLimit

// assistantImportPage asks for a questionnaire.
func (d *door) assistantImportPage(c *fiber.Ctx) error {
	return d.askQuestionnaire(c, fiber.StatusOK, &templates.AssistantImportPage{})
}

// askQuestionnaire shows the page that takes a questionnaire, with what is known about one so far.
func (d *door) askQuestionnaire(c *fiber.Ctx, status int, p *templates.AssistantImportPage) error {
	problems := p.Problems
	p.Desk = d.desk(c, say(c, "web.admin.assistants.import"), crumb(c, assistantsPath, "web.admin.assistants"))
	p.Problems = problems
	return d.render(c, status, p)
}

// forecastAssistant says what a questionnaire would change, or what is wrong with it.
func (d *door) forecastAssistant(c *fiber.Ctx) error {
	p := &templates.AssistantImportPage{Text: posted(c, "text")}
	field, text := "text", []byte(p.Text)
	if hasFiles(c) && posted(c, "tun") != "text" {
		field = "file"
		var err error
		if _, text, err = upload(c, "text", "tun"); err != nil {
			text = nil
		}
	}
	wrong := func(key string, args ...any) error {
		p.Problems = []templates.Problem{{Field: field, Text: say(c, key, args...)}}
		return d.askQuestionnaire(c, fiber.StatusUnprocessableEntity, p)
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return wrong("web.admin.import.no_" + field)
	case len(text) > maxQuestionnaire:
		p.Text = ""
		return wrong("web.admin.import.too_large", "max", maxQuestionnaire>>20)
	}
	def, err := definition.Read(bytes.NewReader(text), "fragebogen.json")
	var findings definition.Errors
	if errors.As(err, &findings) {
		p.Faults = findings.Told("en", templates.Words("en").Say) // the page says that they are English
		return wrong("web.admin.import.wrong", "n", len(findings))
	}
	if err != nil {
		return err
	}
	f, err := d.Store.ForecastAssistant(c.UserContext(), user(c), def)
	if problems, status, _ := refusal(c, err); status != 0 {
		p.Problems = at(problems, field)
		return d.askQuestionnaire(c, status, p)
	}
	if err != nil {
		return err
	}
	if p.Forecast, err = assistantForecast(c, def, f); err != nil {
		return err
	}
	return d.askQuestionnaire(c, fiber.StatusOK, p)
}

// importAssistant takes over exactly the questionnaire that was looked at.
func (d *door) importAssistant(c *fiber.Ctx) error {
	text, err := unpack(posted(c, "fragebogen"))
	if err != nil {
		return err
	}
	def, err := definition.Read(bytes.NewReader(text), "fragebogen.json")
	if err != nil || def.Hash() != posted(c, "pruefsumme") {
		return malformed("json_syntax", "fragebogen")
	}
	where := func(models.Imported) string { return assistantsPath + "/" + def.Key + "?erledigt=import" }
	o := onceForm(c, where)
	out, err := d.Store.TakeAssistant(context.WithoutCancel(c.UserContext()), user(c), def, o) // begun is finished: form after form
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.askQuestionnaire(c, status, &templates.AssistantImportPage{Desk: templates.Desk{Frame: templates.Frame{Problems: at(problems, "text")}}, Text: string(text)})
	}
	if err != nil {
		return err
	}
	return goOn(c, o, out, where)
}

// at puts all problems at one input.
func at(problems []templates.Problem, field string) []templates.Problem {
	for i := range problems {
		problems[i].Field = field
	}
	return problems
}
