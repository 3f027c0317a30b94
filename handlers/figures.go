package handlers

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// figureYears is how many years can be looked at.
const figureYears = 5

// figures shows what a year's requests came to.
func (d *door) figures(c *fiber.Ctx) error {
	f, now, err := d.countFigures(c)
	if err != nil {
		return err
	}
	p := &templates.FiguresPage{Frame: d.frame(c, "web.figures.title", "year", f.Year), Year: f.Year, AGS: c.Query("kommune")}
	for y := range figureYears {
		p.Years = append(p.Years, now-y)
	}
	if user(c).AGS == "" {
		if p.Towns, err = d.Store.Towns(c.UserContext(), user(c)); err != nil {
			return err
		}
	}
	p.Summary = []templates.FigureLine{templates.NewFigureLine(p.Lang, f.All)}
	p.Months = templates.NewFigureTable(p.Lang, "monate", "web.figures.months", "web.figures.month", f.Months)
	p.Assistants = templates.NewFigureTable(p.Lang, "assistenten", "web.figures.assistants", "web.figures.assistant", f.Assistants)
	p.Sections = templates.NewFigureTable(p.Lang, "abschnitte", "web.figures.sections", "web.figures.section", f.Sections)
	p.CSV = "/zahlen.csv?jahr=" + strconv.Itoa(f.Year) + "&kommune=" + p.AGS
	return d.render(c, fiber.StatusOK, p)
}

// countFigures reads year and municipality, and counts; it also tells this year.
func (d *door) countFigures(c *fiber.Ctx) (*models.Figures, int, error) {
	if err := known(c, "jahr", "kommune", "erledigt"); err != nil {
		return nil, 0, err
	}
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return nil, 0, err
	}
	this := now.In(calendar.Berlin).Year()
	year, err := queryNumber(c, "jahr")
	if err != nil {
		return nil, 0, err
	}
	if year == 0 {
		year = int64(this)
	}
	f, err := d.Store.Figures(c.UserContext(), user(c), int(year), c.Query("kommune"))
	return f, this, err
}

// figuresFile sends the same figures as a table for spreadsheets.
func (d *door) figuresFile(c *fiber.Ctx) error {
	f, _, err := d.countFigures(c)
	if err != nil {
		return err
	}
	words := templates.Words(locale(c))
	var out bytes.Buffer
	out.WriteString("\ufeff") // without it spreadsheets read umlauts wrongly
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	head := []string{words.Say("web.figures.group", nil), words.Say("web.figures.name", nil)}
	for _, k := range []string{"filed", "applied", "lead", "punctual", "asked"} {
		head = append(head, words.Say("web.figures."+k, nil))
	}
	write := func(group string, figures []models.Figure) {
		for _, x := range figures {
			l := templates.NewFigureLine(words.Lang(), x)
			_ = w.Write(harmless(words.Say(group, nil), l.Label, l.Filed, l.Applied, l.Lead, l.Punctual, l.Asked)) // a buffer takes everything
		}
	}
	_ = w.Write(harmless(head...))
	write("web.figures.year", []models.Figure{f.All})
	write("web.figures.month", f.Months)
	write("web.figures.assistant", f.Assistants)
	write("web.figures.section", f.Sections)
	w.Flush()
	d.taken(c, "figures")
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename=\"formwandel-"+strconv.Itoa(f.Year)+".csv\"")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(out.Bytes())
}
