package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// personNewPage asks for a new account.
func (d *door) personNewPage(c *fiber.Ctx) error {
	u, asked := user(c), strings.TrimSpace(c.Query("kommune"))
	if !u.May(models.ChangePeople, u.AGS) {
		return notYours()
	}
	ags := u.AGS
	var problems []templates.Problem
	if ags == "" && asked != "" {
		m, err := d.Store.MunicipalityCalled(c.UserContext(), u, asked)
		switch {
		case err == nil:
			ags = m.AGS
		case models.IsKind(err, models.NotFound):
			problems = append(problems, templates.Problem{Field: "kommune", Text: say(c, "web.admin.town_unknown", "asked", asked)})
		default:
			return err
		}
	}
	return d.askPerson(c, fiber.StatusOK, ags, asked, templates.PersonForm{Roles: choices(ags, nil)}, problems)
}

func (d *door) askPerson(c *fiber.Ctx, status int, ags, asked string, form templates.PersonForm, problems []templates.Problem) error {
	p := &templates.PersonNewPage{Desk: d.desk(c, say(c, "web.admin.people.add"), crumb(c, peoplePath, "web.admin.people")), AGS: ags, Asked: asked, Choose: user(c).AGS == "", Form: form}
	p.Place, p.Problems = say(c, "web.admin.provider"), problems
	if ags != "" {
		var err error
		if p.Place, err = d.Store.MunicipalityName(c.UserContext(), ags); err != nil {
			return err
		}
	}
	return d.render(c, status, p)
}

// addPerson makes an account and shows its first password, once.
func (d *door) addPerson(c *fiber.Ctx) error {
	ags := posted(c, "kommune")
	form, roles := entered(c, ags)
	password := d.newPassword(c)
	hash, err := models.HashPassword(password)
	if err != nil {
		return err
	}
	o := onceForm(c, func(id int64) string { return peoplePath + "/" + itoa(id) })
	id, err := d.Store.AddPerson(c.UserContext(), user(c), models.NewUser{AGS: ags, Email: form.Email, Name: form.Name, Locale: form.Locale, PasswordHash: hash, Roles: roles}, o)
	if err != nil {
		problems, status, _ := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.askPerson(c, status, ags, ags, form, problems)
	}
	if o != nil && o.Kept != nil {
		id, _ = strconv.ParseInt(strings.TrimPrefix(o.Kept.Location, peoplePath+"/"), 10, 64) // we wrote it
	}
	return d.showPassword(c, id, 1, password)
}

// renewPassword gives an account another password and shows it, once.
func (d *door) renewPassword(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	password := d.newPassword(c)
	hash, err := models.HashPassword(password)
	if err != nil {
		return err
	}
	o := onceForm(c, func(any) string { return peoplePath + "/" + itoa(m.ID) })
	if err := d.Store.RenewPassword(c.UserContext(), user(c), m.ID, postedVersion(c), hash, o); err != nil {
		return d.refusedPerson(c, m, templates.PersonForm{Name: m.Name, Locale: m.Locale, Roles: choices(m.AGS, m.Roles)}, err)
	}
	return d.showPassword(c, m.ID, postedVersion(c)+1, password)
}

// showPassword shows a password while the account is as the form left it; later nobody sees it any more.
func (d *door) showPassword(c *fiber.Ctx, id int64, version int, password string) error {
	m, err := d.Store.Person(c.UserContext(), user(c), id)
	if err != nil {
		return err
	}
	hash, err := d.Store.PasswordHash(c.UserContext(), m.Email)
	if err != nil {
		return err
	}
	same, err := models.SamePassword(password, hash) // not when the session's secret was replaced between two clicks
	if err != nil {
		return err
	}
	isNew := version == 1
	if !same || m.Version != version || isNew && m.SignedInAt != nil {
		return c.Redirect(peoplePath+"/"+itoa(id), fiber.StatusSeeOther)
	}
	p := &templates.PasswordPage{Desk: d.desk(c, say(c, "web.admin.password.title"), crumb(c, peoplePath, "web.admin.people")), Person: *m, Password: password, New: isNew}
	return d.render(c, fiber.StatusOK, p)
}

// passwordLetters are the 32 letters and digits that nobody takes for another.
var passwordLetters = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// newPassword is 100 bits of chance, in groups of four. It belongs to this form of this session: a double
// click shows the same password twice, and what the records keep of the form gives nothing away.
func (d *door) newPassword(c *fiber.Ctx) string {
	key := posted(c, "key")
	if key == "" {
		key = randomHex()
	}
	mac := hmac.New(sha256.New, []byte(c.Cookies(d.cookieName("fw"))))
	mac.Write([]byte("password\n" + c.Path() + "\n" + key))
	text := passwordLetters.EncodeToString(mac.Sum(nil))
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16], text[16:20]}, "-")
}
