package handlers

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
	"formwandel/templates"
)

const townsPath = "/verwaltung/kommunen"

// towns lists municipalities.
func (d *door) towns(c *fiber.Ctx) error {
	u := user(c)
	p := &templates.TownsPage{Desk: d.desk(c, say(c, "web.admin.towns")), Asked: strings.TrimSpace(c.Query("q")), MayImport: u.May(models.ImportTowns, "")}
	var next string
	var err error
	if p.Towns, next, err = d.Store.FindMunicipalities(c.UserContext(), u, p.Asked, c.Query("cursor"), 0); err != nil {
		return err
	}
	p.Next, p.First = pages(c, next)
	return d.render(c, fiber.StatusOK, p)
}

// town shows one municipality.
func (d *door) town(c *fiber.Ctx) error {
	m, err := d.Store.MunicipalityOf(c.UserContext(), user(c), c.Params("ags"))
	if err != nil {
		return err
	}
	return d.showTown(c, fiber.StatusOK, m, m.OfficeMail, strings.Join(daysOf(c, m), "\n"), nil, false)
}

// daysOf are a municipality's closing days in words.
func daysOf(c *fiber.Ctx, m *models.Municipality) []string {
	var out []string
	for _, text := range m.ClosingDays {
		day, err := calendar.ParseDay(text)
		if err != nil {
			continue // the store wrote days
		}
		out = append(out, templates.Day(locale(c), day))
	}
	return out
}

func (d *door) showTown(c *fiber.Ctx, status int, m *models.Municipality, mail, days string, problems []templates.Problem, stale bool) error {
	u := user(c)
	p := &templates.TownPage{Desk: d.desk(c, m.Name, crumb(c, townsPath, "web.admin.towns")), Place: *m, House: u.May(models.EnterHouse, ""), Agent: !u.MaySomewhere(models.EnterDesk), OfficeMail: mail, Days: days, Closing: daysOf(c, m)}
	if !p.House {
		p.Crumbs = p.Crumbs[:1]
	}
	if p.Agent {
		p.Crumbs = nil
	}
	p.Problems = problems
	if stale {
		p.Stale = []string{say(c, "web.admin.towns.office") + ": " + m.OfficeMail, say(c, "web.admin.towns.closed") + ": " + strings.Join(p.Closing, ", ")}
	}
	var err error
	if p.May, p.Lacking, err = d.allowed(c, models.ChangeProfile, m.AGS); err != nil {
		return err
	}
	if p.Forms, err = d.allForms(c, m.AGS); err != nil {
		return err
	}
	return d.render(c, status, p)
}

// allForms are a municipality's forms, as many as there are questionnaires.
func (d *door) allForms(c *fiber.Ctx, ags string) (all []models.FormEntry, err error) {
	for next := ""; ; {
		var some []models.FormEntry
		if some, next, err = d.Store.Forms(c.UserContext(), user(c), ags, "", next, 0); err != nil {
			return nil, err
		}
		if all = append(all, some...); next == "" {
			return all, nil
		}
	}
}

// movesOffice tells whether a municipality's letters are to go to another mailbox; where that can't be read, they may.
func (d *door) movesOffice(c *fiber.Ctx) bool {
	m, err := d.Store.MunicipalityOf(c.UserContext(), user(c), c.Params("ags"))
	if models.IsKind(err, models.Forbidden) || models.IsKind(err, models.NotFound) {
		return false // the form says so
	}
	return err != nil || m.OfficeMail != officeTyped(c)
}

func officeTyped(c *fiber.Ctx) string { return strings.TrimSpace(posted(c, "office_mail")) }

// setTown changes a municipality's profile.
func (d *door) setTown(c *fiber.Ctx) error {
	m, err := d.Store.MunicipalityOf(c.UserContext(), user(c), c.Params("ags"))
	if err != nil {
		return err
	}
	mail, typed := officeTyped(c), posted(c, "closing_days")
	days, problems := daysTyped(c, typed)
	if err := d.Store.Allowed(c.UserContext(), user(c), models.ChangeProfile, m.AGS); err != nil {
		return err
	}
	if problems != nil {
		return d.showTown(c, fiber.StatusUnprocessableEntity, m, mail, typed, problems, false)
	}
	where := func(any) string { return townsPath + "/" + m.AGS + "?erledigt=profile" }
	o := onceForm(c, where)
	if err := d.Store.SetProfile(c.UserContext(), user(c), m.AGS, postedVersion(c), models.Profile{OfficeMail: mail, ClosingDays: days}, o); err != nil {
		problems, status, stale := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.showTown(c, status, m, mail, typed, problems, stale)
	}
	return goOn(c, o, any(nil), where)
}

// daysTyped reads one day a line, as people write them.
func daysTyped(c *fiber.Ctx, text string) ([]calendar.Day, []templates.Problem) {
	var out []calendar.Day
	day := fields.Field{Key: "day", Label: "Tag", Type: fields.Date}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("\r\n,;", r) }) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		v, err := day.ParseText(line)
		var d calendar.Day
		if err == nil {
			d, err = calendar.ParseDay(strings.Trim(string(v), `"`))
		}
		if err != nil {
			return nil, []templates.Problem{{Field: "closing_days", Text: say(c, "web.admin.towns.no_day", "line", strings.TrimSpace(line))}}
		}
		out = append(out, d)
	}
	return out, nil
}

// townImportPage asks for the official register.
func (d *door) townImportPage(c *fiber.Ctx) error { return d.askRegister(c, fiber.StatusOK, nil, nil) }

func (d *door) askRegister(c *fiber.Ctx, status int, forecast *templates.TownForecast, problems []templates.Problem) error {
	p := &templates.TownImportPage{Desk: d.desk(c, say(c, "web.admin.towns.import"), crumb(c, townsPath, "web.admin.towns")), Forecast: forecast}
	p.Problems = problems
	return d.render(c, status, p)
}

// forecastTowns says what a register would change.
func (d *door) forecastTowns(c *fiber.Ctx) error {
	ms, warnings, problem := registerOf(c)
	if problem != "" {
		return d.askRegister(c, fiber.StatusUnprocessableEntity, nil, []templates.Problem{{Field: "file", Text: problem}})
	}
	f, err := d.Store.ForecastMunicipalities(c.UserContext(), user(c), ms)
	if err != nil {
		return err
	}
	text, err := json.Marshal(ms)
	if err != nil {
		return err
	}
	packed, err := pack(text)
	if err != nil {
		return err
	}
	out := &templates.TownForecast{Added: some(f.Added), Renamed: some(f.Renamed), Updated: some(f.Updated), Unchanged: f.Unchanged, Packed: packed}
	for _, w := range warnings[:min(len(warnings), shownNames)] {
		out.Warnings = append(out.Warnings, itoa(int64(w.Line))+": "+w.Message)
	}
	if day, err := calendar.ParseDay(ms[0].AsOf); err == nil {
		out.AsOf = templates.Day(locale(c), day)
	}
	return d.askRegister(c, fiber.StatusOK, out, nil)
}

// shownNames is how many of many names a page shows.
const shownNames = 20

func some(names []string) templates.NameList {
	return templates.NameList{N: len(names), First: names[:min(len(names), shownNames)]}
}
