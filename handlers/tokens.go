package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const tokensPath = "/konto/tokens"

// tokens lists one's own API tokens.
func (d *door) tokens(c *fiber.Ctx) error {
	return d.showTokens(c, fiber.StatusOK, templates.TokenForm{Days: strconv.Itoa(models.TokenDays), Scopes: scopeChoices(user(c), nil)}, nil)
}

// scopeChoices are the scopes that somebody can give beside reading, those given marked.
func scopeChoices(u models.User, given []models.Scope) []templates.ScopeChoice {
	var out []templates.ScopeChoice
	for _, s := range u.ScopesFor() {
		if s != models.ScopeRead {
			out = append(out, templates.ScopeChoice{Scope: s, Chosen: slices.Contains(given, s)})
		}
	}
	return out
}

func (d *door) showTokens(c *fiber.Ctx, status int, form templates.TokenForm, problems []templates.Problem) error {
	ts, err := d.Store.Tokens(c.UserContext(), user(c), user(c).ID)
	if err != nil {
		return err
	}
	p := &templates.TokensPage{Frame: d.frame(c, "web.tokens.title"), Form: form}
	p.Problems = problems
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return err
	}
	p.Tokens = templates.NewTokenLines(ts, now, p.Lang, func(id int64) string { return tokensPath + "/" + itoa(id) + "/widerrufen" })
	return d.render(c, status, p)
}

// makeToken makes a token and shows it, once.
func (d *door) makeToken(c *fiber.Ctx) error {
	form := templates.TokenForm{Name: strings.TrimSpace(posted(c, "name")), Days: strings.TrimSpace(posted(c, "days"))}
	n := models.NewToken{Name: form.Name, Text: d.chance(c, "token")}
	n.Days, _ = strconv.Atoi(form.Days) // what is no number is refused like 0
	for _, s := range postedAll(c, "umfang") {
		n.Scopes = append(n.Scopes, models.Scope(s))
	}
	o := onceForm(c, func(int64) string { return tokensPath })
	token, err := d.Store.MakeToken(c.UserContext(), user(c), n, o)
	if err != nil {
		problems, status, _ := refusal(c, err)
		if status == 0 {
			return err
		}
		form.Scopes = scopeChoices(user(c), n.Scopes)
		return d.showTokens(c, status, form, problems)
	}
	if _, err := d.Store.Authenticate(c.UserContext(), token); err != nil {
		return c.Redirect(tokensPath, fiber.StatusSeeOther) // a form sent again that made another one, or one that was revoked since
	}
	return d.render(c, fiber.StatusOK, &templates.TokenMadePage{Frame: d.frame(c, "web.tokens.made_title"), Name: form.Name, Token: token})
}

// chance is 192 bits of chance that belong to this form of this session: a double click shows the same twice,
// and what the records keep of the form gives nothing away.
func (d *door) chance(c *fiber.Ctx, what string) string {
	key := posted(c, "key")
	if key == "" {
		key = randomHex()
	}
	mac := hmac.New(sha256.New, []byte(c.Cookies(d.cookieName("fw"))))
	mac.Write([]byte(what + "\n" + c.Path() + "\n" + key + "\n"))
	mac.Write(c.Request().Body())
	return hex.EncodeToString(mac.Sum(nil)[:24])
}

// endToken revokes one of one's own tokens.
func (d *door) endToken(c *fiber.Ctx) error {
	return d.endTokenOf(c, user(c).ID, "id", tokensPath)
}

// endTheirToken revokes a token of a person whose account one administers.
func (d *door) endTheirToken(c *fiber.Ctx) error {
	of, err := number(c, "id")
	if err != nil {
		return err
	}
	return d.endTokenOf(c, of, "zugang", peoplePath+"/"+itoa(of))
}

func (d *door) endTokenOf(c *fiber.Ctx, of int64, param, back string) error {
	id, err := number(c, param)
	if err != nil {
		return err
	}
	where := func(any) string { return back + "?erledigt=token_ended" }
	o := onceForm(c, where)
	if err := d.Store.EndToken(c.UserContext(), user(c), of, id, o); err != nil {
		return err
	}
	return goOn(c, o, any(nil), where)
}

// theirTokens are the tokens of a person, with the way to revoke each for whoever may.
func (d *door) theirTokens(c *fiber.Ctx, m *models.Member) ([]templates.TokenLine, error) {
	ts, err := d.Store.Tokens(c.UserContext(), user(c), m.ID)
	if err != nil {
		return nil, err
	}
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return nil, err
	}
	var end func(int64) string
	if user(c).May(models.EndTokens, m.AGS) {
		end = func(id int64) string { return peoplePath + "/" + itoa(m.ID) + "/zugaenge/" + itoa(id) + "/widerrufen" }
	}
	return templates.NewTokenLines(ts, now, locale(c), end), nil
}
