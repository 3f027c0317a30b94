package handlers

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// versionsPage lists a form's versions, to pick two.
func (d *door) versionsPage(c *fiber.Ctx) error { return d.listVersions(c, fiber.StatusOK, nil) }

func (d *door) listVersions(c *fiber.Ctx, status int, problems []templates.Problem) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	vs, next, err := d.Store.Versions(c.UserContext(), user(c), v.AGS, v.Assistant, c.Query("cursor"), versionsPage)
	if err != nil {
		return err
	}
	p := &templates.VersionsPage{Frame: d.frame(c, "web.forms.versions_of", "title", head.Title), Form: head}
	p.Problems = problems
	p.From, _ = strconv.ParseInt(c.Query("von"), 10, 64)
	p.To, _ = strconv.ParseInt(c.Query("bis"), 10, 64)
	for _, x := range vs {
		p.Lines = append(p.Lines, templates.NewVersionLine(x, head, p.Lang))
	}
	if p.From == 0 && p.To == 0 && len(vs) > 1 {
		p.From, p.To = vs[1].Number, vs[0].Number
	}
	p.First, p.Next = pageLinks(head.Path+"/fassungen", url.Values{}, c.Query("cursor"), next)
	return d.render(c, status, p)
}

// versionPage shows the values of one version.
func (d *door) versionPage(c *fiber.Ctx) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	x, err := d.Store.Version(c.UserContext(), user(c), v.AGS, v.Assistant, n)
	if err != nil {
		return err
	}
	def, err := d.Store.Questionnaire(c.UserContext(), v.Assistant, x.Configuration.Definition)
	if err != nil {
		return err
	}
	p := &templates.VersionPage{Frame: d.frame(c, "web.forms.version_title", "n", n, "title", head.Title), Form: head}
	p.Version = templates.NewVersionLine(*x, head, p.Lang)
	if n != head.Live {
		p.Compare = comparePath(head, min(n, head.Live), max(n, head.Live))
	}
	p.Sections, p.Jump = templates.NewSections(def, x.Values, head.Path, c.Query("abschnitt"), p.Lang)
	for i := range p.Jump {
		p.Jump[i].Path = p.Version.Path + p.Jump[i].Path[len(head.Path):]
	}
	return d.render(c, fiber.StatusOK, p)
}

func comparePath(h templates.FormHead, from, to int64) string {
	return h.Path + "/vergleich?von=" + strconv.FormatInt(from, 10) + "&bis=" + strconv.FormatInt(to, 10)
}

// comparePage holds two versions against each other, or now against a day to come.
func (d *door) comparePage(c *fiber.Ctx) error {
	if c.Query("tag") != "" {
		return d.compareDay(c)
	}
	from, err1 := strconv.ParseInt(c.Query("von"), 10, 64)
	to, err2 := strconv.ParseInt(c.Query("bis"), 10, 64)
	if err1 != nil || err2 != nil || from == to {
		pick := templates.Words(locale(c)).Say("web.forms.pick_missing", nil)
		return d.listVersions(c, fiber.StatusUnprocessableEntity, []templates.Problem{{Field: "fassungen", Text: pick}})
	}
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	return d.compareVersions(c, v, head, min(from, to), max(from, to))
}

func (d *door) compareVersions(c *fiber.Ctx, v *models.FormView, head templates.FormHead, from, to int64) error {
	p := &templates.ComparePage{Frame: d.frame(c, "web.forms.compare_title", "from", from, "to", to), Form: head}
	p.Before, p.Now = p.Say("web.forms.col.before", "n", from), p.Say("web.forms.col.before", "n", to)
	ds, err := d.Store.Diff(c.UserContext(), user(c), v.AGS, v.Assistant, from, to)
	if err != nil {
		return err
	}
	for _, x := range ds {
		p.Lines = append(p.Lines, templates.NewCompareLine(x, head.Path, p.Lang))
		p.Sentences = append(p.Sentences, templates.SentenceOf(x, p.Lang))
	}
	for _, n := range []int64{from, to} {
		x, err := d.Store.Version(c.UserContext(), user(c), v.AGS, v.Assistant, n)
		if err != nil {
			return err
		}
		p.Versions = append(p.Versions, templates.NewVersionLine(*x, head, p.Lang))
	}
	if before, now := p.Versions[0].Maintenance, p.Versions[1].Maintenance; before != now {
		p.Maintenance = p.Say("web.forms.maintenance_differs", "before", p.Say(onOff(before)), "after", p.Say(onOff(now)))
	}
	return d.render(c, fiber.StatusOK, p)
}

func onOff(on bool) string {
	if on {
		return "web.forms.on"
	}
	return "web.forms.off"
}

// compareDay holds a form as it is now against a day.
func (d *door) compareDay(c *fiber.Ctx) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	day, err := calendar.ReadDay(c.Query("tag"))
	if err != nil {
		return c.Redirect(head.Path+"/am?tag="+url.QueryEscape(c.Query("tag")), fiber.StatusSeeOther)
	}
	on, err := d.Store.OnDay(c.UserContext(), user(c), v.AGS, v.Assistant, day)
	if err != nil {
		return err
	}
	p := &templates.ComparePage{Frame: d.frame(c, "web.forms.compare_day_title", "day", templates.DayIn(locale(c), day)), Form: head}
	p.Before, p.Now = p.Say("web.forms.col.now", "n", head.Live), p.Say("web.forms.col.then", "day", templates.DayIn(p.Lang, day))
	for _, x := range on.Changed {
		l := templates.NewCompareLine(x.Difference, head.Path, p.Lang)
		l.By, l.Back = x.By, x.Back
		p.Lines = append(p.Lines, l)
		p.Sentences = append(p.Sentences, templates.SentenceOf(x.Difference, p.Lang))
	}
	return d.render(c, fiber.StatusOK, p)
}

// fieldPage tells who changed a value when and why.
func (d *door) fieldPage(c *fiber.Ctx) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	key := c.Params("key")
	past, next, err := d.Store.FieldPast(c.UserContext(), user(c), v.AGS, v.Assistant, key, c.Query("cursor"), fieldPastPage)
	if err != nil {
		return err
	}
	p := &templates.FieldPage{Frame: d.frame(c, "web.forms.past_title"), Form: head, Label: key}
	for _, x := range past {
		p.Label = x.Field.Label
		p.Lines = append(p.Lines, templates.NewFieldLine(x, head, p.Lang))
	}
	if f, ok := v.Definition.Field(key); ok {
		p.Label, p.Value = f.Label, templates.ShowValue(f, v.Values[key], p.Lang)
	}
	p.First, p.Next = pageLinks(head.Path+"/feld/"+key, url.Values{}, c.Query("cursor"), next)
	return d.render(c, fiber.StatusOK, p)
}

// maintainPage asks before the maintenance mode is switched.
func (d *door) maintainPage(c *fiber.Ctx) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	if err := d.Store.Allowed(c.UserContext(), user(c), models.SwitchMaintenance, v.AGS); err != nil {
		return err
	}
	return d.askMaintain(c, fiber.StatusOK, head, nil)
}

func (d *door) askMaintain(c *fiber.Ctx, status int, head templates.FormHead, problems []templates.Problem) error {
	title := "web.forms.maintain.title_on"
	if head.Maintenance {
		title = "web.forms.maintain.title_off"
	}
	p := &templates.MaintainPage{Frame: d.frame(c, title), Form: head, On: !head.Maintenance}
	p.Problems = problems
	if seen, err := strconv.ParseInt(posted(c, "version"), 10, 64); err == nil && seen > 0 && seen < head.Live && problems != nil {
		p.Compare = comparePath(head, seen, head.Live)
	}
	return d.render(c, status, p)
}

// switchMaintenance switches the maintenance mode of what was seen.
func (d *door) switchMaintenance(c *fiber.Ctx) error {
	seen, err := strconv.ParseInt(posted(c, "version"), 10, 64)
	on := posted(c, "an")
	if err != nil || seen < 1 || on != "ja" && on != "nein" {
		return &models.Error{Kind: models.Malformed, Code: "bad_request"}
	}
	ags, assistant := c.Params("ags"), c.Params("assistant")
	where := func(*models.FormView) string {
		done := map[string]string{"ja": "wartung_an", "nein": "wartung_aus"}[on]
		return "/formulare/" + ags + "/" + assistant + "?erledigt=" + done
	}
	o := onceForm(c, where)
	out, err := d.Store.MaintainSeen(c.UserContext(), user(c), ags, assistant, on == "ja", seen, o)
	if models.IsKind(err, models.Conflict) {
		return d.maintainStale(c, seen, err)
	}
	if err != nil {
		return err
	}
	return goOn(c, o, out, where)
}

// maintainStale says what changed since the person looked, and asks again.
func (d *door) maintainStale(c *fiber.Ctx, seen int64, refused error) error {
	_, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	if head.Live == seen {
		return refused // another refusal: the same form is still at work
	}
	text := templates.Words(locale(c)).Say("web.forms.maintain.stale", map[string]any{"old": seen, "new": head.Live})
	return d.askMaintain(c, fiber.StatusConflict, head, []templates.Problem{{Field: "wartung", Text: text}})
}
