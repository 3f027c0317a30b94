package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/templates"
)

const assistantsPath = "/verwaltung/assistenten"

// assistantsPage lists the kinds of form.
func (d *door) assistantsPage(c *fiber.Ctx) error {
	p := &templates.AssistantsPage{Desk: d.desk(c, say(c, "web.admin.assistants")), May: user(c).May(models.ImportAssistants, "")}
	var next string
	var err error
	if p.Assistants, next, err = d.Store.Assistants(c.UserContext(), c.Query("cursor"), 0); err != nil {
		return err
	}
	p.Next, p.First = pages(c, next)
	return d.render(c, fiber.StatusOK, p)
}

// assistantPage shows a questionnaire: the newest version, or the one that is asked for.
func (d *door) assistantPage(c *fiber.Ctx) error {
	a, def, err := d.Store.Assistant(c.UserContext(), c.Params("key"))
	if err != nil {
		return err
	}
	if n := versionAsked(c, "version"); n > 0 {
		if def, err = d.Store.Questionnaire(c.UserContext(), a.Key, n); err != nil {
			return err
		}
	}
	p := &templates.AssistantPage{Desk: d.desk(c, def.Title, crumb(c, assistantsPath, "web.admin.assistants")), Definition: def, Newest: def.Version == a.Definition}
	p.Sections, p.May = templates.NewQuestionnaire(def, locale(c)), user(c).May(models.ImportAssistants, "")
	if p.Versions, err = d.versionLines(c, a.Key, def.Version); err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// versionLines lists a questionnaire's versions, each with the way to what it changed.
func (d *door) versionLines(c *fiber.Ctx, key string, shown int) ([]templates.QuestionnaireLine, error) {
	qs, err := d.Store.Questionnaires(c.UserContext(), key)
	var out []templates.QuestionnaireLine
	for i, q := range qs {
		n := strconv.Itoa(q.Version)
		l := templates.QuestionnaireLine{Questionnaire: q, Path: assistantsPath + "/" + key + "?version=" + n, Current: q.Version == shown}
		if i+1 < len(qs) {
			l.Compare = assistantsPath + "/" + key + "/vergleich?von=" + strconv.Itoa(qs[i+1].Version) + "&bis=" + n
		}
		out = append(out, l)
	}
	return out, err
}

// versionAsked is the number of a version in the address; 0 is none.
func versionAsked(c *fiber.Ctx, name string) int {
	n, err := strconv.Atoi(c.Query(name))
	if err != nil {
		return 0
	}
	return n
}

// questionnaireDiff tells what two versions of a questionnaire have different.
func (d *door) questionnaireDiff(c *fiber.Ctx) error {
	key, from, to := c.Params("key"), versionAsked(c, "von"), versionAsked(c, "bis")
	old, err := d.Store.Questionnaire(c.UserContext(), key, from)
	if err != nil {
		return err
	}
	now, err := d.Store.Questionnaire(c.UserContext(), key, to)
	if err != nil {
		return err
	}
	title := say(c, "web.admin.diff.title", "title", now.Title)
	p := &templates.QuestionnaireDiffPage{Desk: d.desk(c, title, crumb(c, assistantsPath, "web.admin.assistants"), templates.Crumb{Path: assistantsPath + "/" + key, Label: now.Title}), From: from, To: to}
	p.Difference = templates.NewDifference(now.Compare(old), locale(c))
	return d.render(c, fiber.StatusOK, p)
}

// shownLost is how many values that have no room any more a page shows.
const shownLost = 100

// assistantForecast says in words what an import would change.
func assistantForecast(c *fiber.Ctx, d *definition.Definition, f *models.AssistantForecast) (*templates.AssistantForecast, error) {
	packed, err := pack(d.JSON())
	if err != nil {
		return nil, err
	}
	out := &templates.AssistantForecast{
		Title: d.Title, Key: d.Key, Version: d.Version, Packed: packed, Hash: d.Hash(), Same: f.Same, Forms: f.Forms, Untouched: f.Untouched, Affected: f.Forms - f.Untouched,
		Difference: templates.NewDifference(d.Compare(f.Known), locale(c)), More: max(0, len(f.Lost)-shownLost),
	}
	if f.Known != nil {
		out.Known = f.Known.Version
	}
	for _, x := range f.Lost[:min(len(f.Lost), shownLost)] {
		out.Lost = append(out.Lost, templates.LostLine{Form: x.Form, Label: x.Label, Value: x.Value, Why: whyLost(c, x.Code)})
	}
	return out, nil
}

// whyLost says why a value has no room any more.
func whyLost(c *fiber.Ctx, code string) string {
	if templates.Words(locale(c)).Has("web.admin.lost." + code) {
		return say(c, "web.admin.lost."+code)
	}
	return say(c, "web.admin.lost")
}
