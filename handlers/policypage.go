package handlers

import (
	"maps"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/templates"
)

const policyPath = "/verwaltung/freigaben"

// policies asks whose policy is to be shown; a municipality's people see their own.
func (d *door) policies(c *fiber.Ctx) error {
	u := user(c)
	if u.AGS != "" {
		return c.Redirect(policyPath+"/"+u.AGS, fiber.StatusSeeOther)
	}
	p := &templates.PoliciesPage{Desk: d.desk(c, say(c, "web.admin.policy")), Asked: strings.TrimSpace(c.Query("kommune"))}
	if p.Asked == "" {
		return d.render(c, fiber.StatusOK, p)
	}
	m, err := d.Store.MunicipalityCalled(c.UserContext(), u, p.Asked)
	if models.IsKind(err, models.NotFound) {
		p.Problems = []templates.Problem{{Field: "kommune", Text: say(c, "web.admin.town_unknown", "asked", p.Asked)}}
		return d.render(c, fiber.StatusOK, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(policyPath+"/"+m.AGS, fiber.StatusSeeOther)
}

// ownPolicy is a municipality's policy as it stands.
type ownPolicy struct {
	ags, town string
	version   int
	rules     models.PolicyRules
	waiting   *models.Proposal
	alone     bool
}

func (d *door) ownPolicy(c *fiber.Ctx) (*ownPolicy, error) {
	ags := c.Params("ags")
	p, err := d.Store.Policy(c.UserContext(), user(c), ags)
	if err != nil {
		return nil, err
	}
	name, err := d.Store.MunicipalityName(c.UserContext(), ags)
	if err != nil {
		return nil, err
	}
	return &ownPolicy{ags, name, p.Version, p.Rules, p.Waiting, p.Alone}, d.forgetGone(c, p.Rules)
}

// forgetGone takes rules out that speak of what no questionnaire has any more: they could not be stored again.
func (d *door) forgetGone(c *fiber.Ctx, rules models.PolicyRules) error {
	for key, sections := range rules {
		if key == "*" {
			continue
		}
		_, def, err := d.Store.Assistant(c.UserContext(), key)
		if models.IsKind(err, models.NotFound) {
			delete(rules, key)
			continue
		}
		if err != nil {
			return err
		}
		maps.DeleteFunc(sections, func(section string, _ int) bool {
			_, still := def.Section(section)
			return section != "*" && !still
		})
	}
	return nil
}

// every is what the municipality demands for every change.
func (o *ownPolicy) every() int { return o.rules["*"]["*"] }

// may tells whether somebody may propose another: the municipality alone, not the provider.
func (o *ownPolicy) may(u models.User) bool { return u.May(models.ChangePolicy, o.ags) }

// sections are a questionnaire's sections with the approvals that each needs.
func (o *ownPolicy) sections(assistant string, d *definition.Definition) []templates.PolicySection {
	var out []templates.PolicySection
	for _, s := range d.Sections {
		x := templates.PolicySection{Key: s.Key, Title: s.Title, Provider: s.Approval.Provider, Default: s.Approval.Municipality, Own: o.rules[assistant][s.Key]}
		x.Needed = max(x.Default, x.Own, o.every(), o.rules["*"][s.Key], o.rules[assistant]["*"])
		x.Typed = strconv.Itoa(max(x.Default, x.Own))
		out = append(out, x)
	}
	return out
}

// policyPage shows what a municipality demands of itself.
func (d *door) policyPage(c *fiber.Ctx) error {
	o, err := d.ownPolicy(c)
	if err != nil {
		return err
	}
	return d.showPolicy(c, fiber.StatusOK, o, policyTyped{every: strconv.Itoa(o.every())}, nil, false)
}

// policyTyped is what came back with the page: how many approvals for every change, why a proposal is declined.
type policyTyped struct{ every, reason string }

func (d *door) showPolicy(c *fiber.Ctx, status int, o *ownPolicy, typed policyTyped, problems []templates.Problem, stale bool) error {
	p := &templates.PolicyPage{Desk: d.desk(c, say(c, "web.admin.policy.of", "town", o.town)), AGS: o.ags, Place: o.town, Every: o.every(), Version: o.version, Typed: typed.every}
	p.May, p.Alone = o.may(user(c)) && o.waiting == nil && !o.alone, o.may(user(c)) && o.alone
	p.Problems = problems
	p.Waiting = waiting(c, o, typed.reason, p.At("grund"))
	switch {
	case p.Waiting == nil:
		p.Kept = typed.reason
	case o.may(user(c)) && typed.every != strconv.Itoa(o.every()): // somebody else was faster, and there is no form to show it in
		p.Kept = say(c, "web.admin.policy.every_label") + ": " + typed.every
	}
	if !user(c).MaySomewhere(models.EnterDesk) {
		p.Crumbs = nil
	}
	if stale {
		p.Stale = []string{say(c, "web.admin.policy.every_label") + ": " + strconv.Itoa(o.every())}
	}
	forms, err := d.allForms(c, o.ags)
	if err != nil {
		return err
	}
	for _, f := range forms {
		def, err := d.Store.Questionnaire(c.UserContext(), f.Assistant, f.Definition)
		if err != nil {
			return err
		}
		p.Forms = append(p.Forms, templates.PolicyForm{Path: policyPath + "/" + o.ags + "/" + f.Assistant, Title: f.Title, Sections: o.sections(f.Assistant, def)})
	}
	return d.render(c, status, p)
}

// setEvery changes what a municipality demands for every change.
func (d *door) setEvery(c *fiber.Ctx) error {
	o, err := d.ownPolicy(c)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(posted(c, "jede-zahl"))
	n, problem := approvalsTyped(c, "jede-zahl", typed, 0)
	if problem != nil && o.may(user(c)) {
		return d.showPolicy(c, fiber.StatusUnprocessableEntity, o, policyTyped{every: typed}, []templates.Problem{*problem}, false)
	}
	rules := o.with("*", "*", n)
	once := onceForm(c, o.proposed)
	out, err := d.Store.ProposePolicy(c.UserContext(), user(c), o.ags, postedVersion(c), rules, once)
	if err != nil {
		problems, status, stale := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.showPolicy(c, status, o, policyTyped{every: typed}, problems, stale)
	}
	return goOn(c, once, out, o.proposed)
}

// proposed is where a proposal leads that was made.
func (o *ownPolicy) proposed(*models.Policy) string {
	return policyPath + "/" + o.ags + "?erledigt=policy_propose"
}

// with is the policy with one rule changed; 0 takes it out.
func (o *ownPolicy) with(assistant, section string, n int) models.PolicyRules {
	rules := models.PolicyRules{}
	for a, sections := range o.rules {
		rules[a] = maps.Clone(sections)
	}
	if rules[assistant] == nil {
		rules[assistant] = map[string]int{}
	}
	rules[assistant][section] = n
	if n == 0 {
		delete(rules[assistant], section)
	}
	if len(rules[assistant]) == 0 {
		delete(rules, assistant)
	}
	return rules
}

// approvalsTyped reads a number of approvals, at least as many as the questionnaire asks for.
func approvalsTyped(c *fiber.Ctx, field, typed string, least int) (int, *templates.Problem) {
	n, err := strconv.Atoi(strings.TrimSpace(typed))
	if err != nil || n < least || n > max(least, models.MaxApprovals) {
		return 0, &templates.Problem{Field: field, Text: say(c, "web.admin.policy.range", "least", least, "max", models.MaxApprovals)}
	}
	return n, nil
}

// policyFormPage shows one form's sections, to be changed.
func (d *door) policyFormPage(c *fiber.Ctx) error {
	o, def, err := d.policyForm(c)
	if err != nil {
		return err
	}
	if o.waiting != nil || o.alone { // nothing can be proposed now; the policy's page says why
		return c.Redirect(policyPath+"/"+o.ags, fiber.StatusSeeOther)
	}
	return d.showPolicyForm(c, fiber.StatusOK, o, def, o.sections(def.Key, def), nil, false)
}

// policyForm reads the policy and the form that an address names; only who may change it gets here.
func (d *door) policyForm(c *fiber.Ctx) (*ownPolicy, *definition.Definition, error) {
	o, err := d.ownPolicy(c)
	if err != nil {
		return nil, nil, err
	}
	if !o.may(user(c)) {
		return nil, nil, notYours()
	}
	f, err := d.Store.Form(c.UserContext(), user(c), o.ags, c.Params("assistant"))
	if err != nil {
		return nil, nil, err
	}
	return o, f.Definition, nil
}

func (d *door) showPolicyForm(c *fiber.Ctx, status int, o *ownPolicy, def *definition.Definition, sections []templates.PolicySection, problems []templates.Problem, stale bool) error {
	p := &templates.PolicyFormPage{
		Desk: d.desk(c, say(c, "web.admin.policy.form", "form", def.Title), templates.Crumb{Path: policyPath + "/" + o.ags, Label: say(c, "web.admin.policy")}),
		AGS:  o.ags, Place: o.town, Assistant: def.Key, Form: def.Title, Version: o.version, Every: o.every(), Max: models.MaxApprovals, Sections: sections,
	}
	p.Problems = problems
	if stale {
		for _, s := range o.sections(def.Key, def) {
			p.Stale = append(p.Stale, s.Title+": "+s.Typed)
		}
	}
	return d.render(c, status, p)
}

// setPolicyForm changes what a municipality demands of itself in one form.
func (d *door) setPolicyForm(c *fiber.Ctx) error {
	o, def, err := d.policyForm(c)
	if err != nil {
		return err
	}
	sections := o.sections(def.Key, def)
	var problems []templates.Problem
	changed := &ownPolicy{rules: o.rules}
	for i := range sections {
		s := &sections[i]
		field := "abschnitt-" + s.Key
		s.Typed = strings.TrimSpace(posted(c, field))
		n, problem := approvalsTyped(c, field, s.Typed, s.Default)
		if problem != nil {
			s.Error, problems = problem.Text, append(problems, *problem)
			continue
		}
		if n == s.Default {
			n = 0 // nothing more than the questionnaire asks for
		}
		changed.rules = changed.with(def.Key, s.Key, n)
	}
	if problems != nil {
		return d.showPolicyForm(c, fiber.StatusUnprocessableEntity, o, def, sections, problems, false)
	}
	once := onceForm(c, o.proposed)
	out, err := d.Store.ProposePolicy(c.UserContext(), user(c), o.ags, postedVersion(c), changed.rules, once)
	if err != nil {
		problems, status, stale := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.showPolicyForm(c, status, o, def, sections, problems, stale)
	}
	return goOn(c, once, out, o.proposed)
}
