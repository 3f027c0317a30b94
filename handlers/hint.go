package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/fields"
	"formwandel/templates"
)

// hintJSON is what the server has to say about a value while one types.
type hintJSON struct {
	Understood string `json:"understood"` // as it will be shown, in words
	Hint       string `json:"hint"`       // a soft warning
	Problem    string `json:"problem"`    // what would be refused
}

// hint says how a value is understood, and what looks like a slip.
func (d *door) hint(c *fiber.Ctx) error {
	ags, assistant, _ := strings.Cut(c.Query("form"), "/")
	form, err := d.Store.Form(c.UserContext(), user(c), ags, assistant)
	if err != nil {
		return err
	}
	f, ok := form.Definition.Field(c.Query("feld"))
	if !ok || !f.Configurable || f.Type == fields.Protected {
		return &models.Error{Kind: models.NotFound, Code: "not_found"}
	}
	return show(c, hintOn(f, form.Values[f.Key], c.Query("wert"), locale(c)), nil)
}

func hintOn(f fields.Field, old fields.Value, typed, lang string) hintJSON {
	words := templates.Words(lang)
	v, err := f.ParseText(typed)
	if err != nil {
		var h hintJSON
		for _, p := range fields.Problems(err) {
			h.Problem = strings.TrimSpace(h.Problem + " " + p.Detail(words.Lang(), words.Say))
		}
		return h
	}
	var h hintJSON
	if shown := f.Display(v, words.Lang()); v != "" && shown != strings.TrimSpace(typed) {
		h.Understood = words.Say("web.filing.understood", map[string]any{"value": shown})
	}
	if p := f.Hint(old, v); p != nil {
		h.Hint = p.Detail(words.Lang(), words.Say)
	}
	return h
}
