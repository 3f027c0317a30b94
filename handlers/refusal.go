package handlers

import (
	"errors"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// refusal is a refusal as a form shows it: what to mend, the status, and whether
// somebody else was faster. Status 0 is none that a form can show.
func refusal(c *fiber.Ctx, err error) (problems []templates.Problem, status int, stale bool) {
	var e *models.Error
	if !errors.As(err, &e) || e.Kind != models.Invalid && e.Kind != models.Conflict {
		return nil, 0, false
	}
	words := templates.Words(locale(c))
	for _, f := range fieldsOf(e.Fields, words) {
		problems = append(problems, templates.Problem{Field: f.Field, Text: f.Detail})
	}
	switch e.Code {
	case "stale", "stale_account", "stale_profile", "stale_policy":
		return nil, statusOf[e.Kind], true
	}
	if len(problems) == 0 {
		problems = append(problems, templates.Problem{Text: inWords(e, words)})
	}
	return problems, statusOf[e.Kind], false
}

// inWords is a refusal in the reader's words, also the state that it names.
func inWords(e *models.Error, words templates.Catalogue) string {
	args, code := e.Args, e.Code
	if e.Kind == models.Malformed && slices.ContainsFunc(e.Fields, func(f models.FieldError) bool { return f.Code == "not_multipart" }) {
		code = "malformed_form" // a form was wanted, no JSON
	}
	if status, ok := args["status"].(string); ok && words.Has("web.status."+status) {
		args = maps.Clone(args)
		args["status"] = words.Say("web.status."+status, nil)
	}
	return words.Say("error."+code, args)
}
