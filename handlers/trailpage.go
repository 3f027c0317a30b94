package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const trailPath = "/verwaltung/protokoll"

// trail shows the audit log of one chain.
func (d *door) trail(c *fiber.Ctx) error {
	u := user(c)
	p := &templates.TrailPage{Desk: d.desk(c, say(c, "web.admin.trail")), Choose: u.AGS == "", MayCheck: u.May(models.CheckTrail, ""), Last: d.checked.Load(), Actions: trailActions(c)}
	p.Place, p.Action = strings.TrimSpace(c.Query("kommune")), models.Action(c.Query("vorgang"))
	actor, err := d.trailActor(c, p)
	if err != nil {
		return err
	}
	chain, problem, err := d.chainAsked(c, p.Place)
	if err != nil {
		return err
	}
	if problem != nil {
		p.Problems, chain = []templates.Problem{*problem}, models.Installation
	}
	es, next, err := d.Store.Trail(c.UserContext(), u, models.TrailFilter{Chain: chain, Action: string(p.Action), Actor: actor, Cursor: c.Query("cursor")})
	if err != nil {
		return err
	}
	if p.MayCheck {
		if p.Signed, err = d.Store.Checkpoints(c.UserContext(), 0, 1); err != nil {
			return err
		}
	}
	p.Chain, p.ChainName = chain, say(c, "web.admin.trail.house")
	if chain != models.Installation {
		p.ChainName, err = d.Store.MunicipalityName(c.UserContext(), chain)
	}
	for _, e := range es {
		p.Lines = append(p.Lines, trailLine(c, e))
	}
	p.Next, p.First = pages(c, next)
	if err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// trailActor is the person that an address names by number; the page shows the e-mail address.
func (d *door) trailActor(c *fiber.Ctx, p *templates.TrailPage) (int64, error) {
	if c.Query("person") == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(c.Query("person"), 10, 64)
	if err != nil || id < 1 {
		return -1, nil //nolint:nilerr // nobody has such a number
	}
	m, err := d.Store.Person(c.UserContext(), user(c), id)
	if models.IsKind(err, models.NotFound) {
		return -1, nil
	}
	if err == nil {
		p.Actor = m.Email
	}
	return id, err
}

// narrowTrail leads to the log as a form asks for it: a person stands in the page's address by number.
func (d *door) narrowTrail(c *fiber.Ctx) error {
	q := url.Values{}
	for _, name := range []string{"kommune", "vorgang"} {
		if v := strings.TrimSpace(posted(c, name)); v != "" {
			q.Set(name, v)
		}
	}
	if email := strings.TrimSpace(posted(c, "person")); email != "" {
		m, err := d.Store.PersonByEmail(c.UserContext(), user(c), email)
		switch {
		case err == nil:
			q.Set("person", itoa(m.ID))
		case models.IsKind(err, models.NotFound):
			q.Set("person", "0")
		default:
			return err
		}
	}
	return c.Redirect(strings.TrimSuffix(trailPath+"?"+q.Encode(), "?"), fiber.StatusSeeOther)
}

// chainAsked is the chain that a filter names: a municipality's key or name; nothing is the
// installation's own, for a municipality's people always theirs.
func (d *door) chainAsked(c *fiber.Ctx, asked string) (string, *templates.Problem, error) {
	u := user(c)
	if u.AGS != "" {
		if asked != "" && asked != u.AGS {
			return "", nil, &models.Error{Kind: models.NotFound, Code: "municipality"}
		}
		return u.AGS, nil, nil
	}
	if asked == "" || asked == models.Installation {
		return models.Installation, nil, nil
	}
	m, err := d.Store.MunicipalityCalled(c.UserContext(), u, asked)
	if models.IsKind(err, models.NotFound) {
		return "", &templates.Problem{Field: "kommune", Text: say(c, "web.admin.town_unknown", "asked", asked)}, nil
	}
	if err != nil {
		return "", nil, err
	}
	return m.AGS, nil, nil
}

// trailActions are the kinds of event that have words.
func trailActions(c *fiber.Ctx) []models.Action {
	words := templates.Words(locale(c))
	return slices.DeleteFunc(models.TrailActions(), func(a models.Action) bool { return !words.Has("web.admin.event." + string(a)) })
}

// trailLine says an event in words.
func trailLine(c *fiber.Ctx, e models.TrailEvent) templates.TrailLine {
	l := templates.TrailLine{TrailEvent: e, What: string(e.Action)}
	if templates.Words(locale(c)).Has("web.admin.event." + string(e.Action)) {
		l.What = say(c, "web.admin.event."+string(e.Action))
	}
	kind, id, _ := strings.Cut(e.Subject, " ")
	switch {
	case e.Number != "":
		l.About, l.Link = e.Number, "/auftraege/"+e.Number
	case e.Form != "":
		l.About, l.Link = e.Form, "/formulare/"+e.Form
	case kind == "user":
		l.About, l.Link = say(c, "web.admin.trail.account", "id", id), peoplePath+"/"+id
	case kind == "mail":
		l.About, l.Link = say(c, "web.admin.mail.title", "id", id), outboxPath+"/"+id
	case e.Other != "" && e.RequestID == nil:
		l.About, l.Link = e.Other, "/auftraege/"+e.Other
	case e.Action == "import_assistant":
		l.About, l.Link = e.Subject, assistantsPath+"/"+e.Subject
	default:
		l.About = e.Subject
	}
	switch e.Action {
	case "user_add", "user_roles":
		l.Note = rolesSaid(c, e.Comment)
	case "access_grant", "access_withdraw":
		l.About, l.Link, l.Note = say(c, "web.grants.kind."+e.Subject), accessPath+"/"+e.AGS, e.Comment
	case "policy_propose", "policy", "policy_decline", "policy_withdraw":
		l.About, l.Link = say(c, "web.admin.policy"), proposalPath+"/"+e.AGS
		if e.Action == "policy_decline" {
			l.Note = e.Comment
		}
	case "municipality_change":
		l.About, l.Link = say(c, "web.admin.profile"), townsPath+"/"+e.AGS
	}
	return l
}

// rolesSaid are the roles that an event names, in words.
func rolesSaid(c *fiber.Ctx, names string) string {
	var out []string
	for _, r := range strings.Fields(names) {
		out = append(out, say(c, "web.role."+r))
	}
	return strings.Join(out, ", ")
}

// checkTime is how long an audit asked for on a page may take.
const checkTime = 20 * time.Second

// shownFindings is how many findings a page shows.
const shownFindings = 200

// checkTrail recomputes every chain, one at a time, and tells what it found.
func (d *door) checkTrail(c *fiber.Ctx) error {
	p := &templates.TrailCheckPage{Desk: d.desk(c, say(c, "web.admin.check"), crumb(c, trailPath, "web.admin.trail"))}
	if !d.checking.TryLock() {
		p.Busy = true
		return d.render(c, fiber.StatusConflict, p)
	}
	defer d.checking.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), checkTime)
	defer cancel()
	check, err := d.check(ctx)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.Late = true
		return d.render(c, fiber.StatusServiceUnavailable, p)
	}
	if err != nil {
		return err
	}
	d.checked.Store(check)
	p.Check = check
	if n := len(check.Report.Findings); n > 0 {
		if err := d.witness(c, models.RecordBroken, strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return d.render(c, fiber.StatusOK, p)
}

func (d *door) check(ctx context.Context) (*templates.TrailCheck, error) {
	at, err := d.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	_, digest, err := d.Store.Heads(ctx)
	if err != nil {
		return nil, err
	}
	var ev models.Evidence
	if d.Kept != nil {
		if ev.Checkpoints, err = d.Kept(); err != nil {
			return nil, err
		}
	}
	report, err := d.Store.Audit(ctx, ev)
	if err != nil {
		return nil, err
	}
	return &templates.TrailCheck{Report: *report, Digest: digest, At: at, Shown: min(len(report.Findings), shownFindings)}, nil
}

// checkState says what the last audit in this process has found.
func (d *door) checkState(c *fiber.Ctx) string {
	last := d.checked.Load()
	if last == nil {
		return say(c, "web.admin.check.never")
	}
	at := templates.Instant(locale(c), last.At)
	if len(last.Report.Findings) > 0 {
		return say(c, "web.admin.check.last_bad", "instant", at, "n", len(last.Report.Findings))
	}
	return say(c, "web.admin.check.last_good", "instant", at)
}

func (d *door) foundSomething() bool {
	last := d.checked.Load()
	return last != nil && len(last.Report.Findings) > 0
}

// heads sends the end of every chain, as `audit head` prints it.
func (d *door) heads(c *fiber.Ctx) error {
	heads, digest, err := d.Store.Heads(c.UserContext())
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, h := range heads {
		fmt.Fprintln(&b, h.Chain, h.Seq, h.Hash)
	}
	fmt.Fprintln(&b, "all", strconv.Itoa(len(heads)), digest)
	c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="formwandel-protokollenden.txt"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(b.String())
}
