package handlers

import (
	"bytes"
	"image/png"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const factorsPath = accountPath + "/zweiter-faktor"

// factorsPage offers second factors; who must have one and has none is led here.
func (d *door) factorsPage(c *fiber.Ctx) error {
	return d.showFactors(c, fiber.StatusOK, nil)
}

func (d *door) showFactors(c *fiber.Ctx, status int, problems []templates.Problem) error {
	f, err := d.Store.Factors(c.UserContext(), whoever(c))
	if err != nil {
		return err
	}
	p := &templates.FactorsPage{Frame: d.frame(c, "web.account.factors.title"), Factors: f, Passkeys: d.party.Works(), Must: session(c).Lacks == models.LacksFactor}
	p.Problems = problems
	return d.render(c, status, p)
}

// beginTOTP makes the secret of an app and leads to the page that shows it.
func (d *door) beginTOTP(c *fiber.Ctx) error {
	err := d.Store.BeginTOTP(c.UserContext(), whoever(c))
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.showFactors(c, status, problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect(factorsPath+"/app", fiber.StatusSeeOther)
}

// totpPage shows the secret of an app that is not confirmed yet.
func (d *door) totpPage(c *fiber.Ctx) error { return d.showTOTP(c, fiber.StatusOK, nil) }

func (d *door) showTOTP(c *fiber.Ctx, status int, problems []templates.Problem) error {
	key, err := d.Store.PendingTOTP(c.UserContext(), whoever(c))
	if models.IsKind(err, models.NotFound) {
		return c.Redirect(factorsPath, fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	p := &templates.TOTPPage{Frame: d.frame(c, "web.account.totp.title"), Secret: inFours(key.Secret()), Email: whoever(c).Email}
	p.Problems = problems
	return d.render(c, status, p)
}

// inFours writes a secret in groups that people can type.
func inFours(secret string) (groups []string) {
	for len(secret) > 4 {
		groups, secret = append(groups, secret[:4]), secret[4:]
	}
	return append(groups, secret)
}

// qrSize is the side of the picture, in pixels.
const qrSize = 240

// totpImage is the secret as a picture for an app's camera.
func (d *door) totpImage(c *fiber.Ctx) error {
	key, err := d.Store.PendingTOTP(c.UserContext(), whoever(c))
	if err != nil {
		return err
	}
	picture, err := key.Image(qrSize, qrSize)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(out.Bytes())
}

// confirmTOTP makes the app a second factor.
func (d *door) confirmTOTP(c *fiber.Ctx) error {
	secret, err := d.Store.ConfirmTOTP(c.UserContext(), whoever(c), session(c), digits(posted(c, "code")), c.IP())
	problems, status, _ := refusal(c, err)
	switch {
	case models.IsKind(err, models.NotFound): // a second click
		return c.Redirect(factorsPath, fiber.StatusSeeOther)
	case status != 0:
		if err := d.witness(c, models.SecondFailed, codeIn(err)); err != nil {
			return err
		}
		return d.showTOTP(c, status, problems)
	case err != nil:
		return err
	}
	return d.factorAdded(c, secret)
}

// factorAdded renews the session and leads on: to the recovery codes, if there are none yet.
func (d *door) factorAdded(c *fiber.Ctx, secret string) error {
	d.renew(c, secret)
	f, err := d.Store.Factors(c.UserContext(), whoever(c))
	if err != nil {
		return err
	}
	if f.Codes == 0 {
		return c.Redirect(codesPath+"?erledigt=factor", fiber.StatusSeeOther)
	}
	return c.Redirect(accountPath+"?erledigt=factor", fiber.StatusSeeOther)
}

// removeTOTP takes the app away.
func (d *door) removeTOTP(c *fiber.Ctx) error {
	if err := d.Store.RemoveTOTP(c.UserContext(), user(c), c.IP()); err != nil {
		return err
	}
	return c.Redirect(accountPath+"?erledigt=factor_gone", fiber.StatusSeeOther)
}

// passkeyPage asks for the name of a new passkey.
func (d *door) passkeyPage(c *fiber.Ctx) error { return d.showPasskey(c, fiber.StatusOK, "", nil) }

func (d *door) showPasskey(c *fiber.Ctx, status int, name string, problems []templates.Problem) error {
	p := &templates.PasskeyPage{Frame: d.frame(c, "web.account.passkey.title"), Name: name, Works: d.party.Works()}
	if browser, system := browserOf(c.Get(fiber.HeaderUserAgent)); name == "" && status == fiber.StatusOK && system != "" {
		p.Name = say(c, "web.account.on", "browser", browser, "system", system)
	}
	p.Problems = problems
	return d.render(c, status, p)
}

// askNewPasskey is what a browser needs to make a passkey.
func (d *door) askNewPasskey(c *fiber.Ctx) error {
	options, err := d.Store.AskNewPasskey(c.UserContext(), d.party, whoever(c), session(c))
	return d.forScript(c, options, err)
}

// addPasskey takes the passkey that a browser has made.
func (d *door) addPasskey(c *fiber.Ctx) error {
	name := posted(c, "name")
	secret, err := d.Store.AddPasskey(c.UserContext(), d.party, whoever(c), session(c), name, []byte(posted(c, "passkey")), c.IP())
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.showPasskey(c, status, name, problems)
	}
	if err != nil {
		return err
	}
	return d.factorAdded(c, secret)
}

// removePasskey takes a passkey away.
func (d *door) removePasskey(c *fiber.Ctx) error {
	id, err := number(c, "passkey")
	if err != nil {
		return err
	}
	if err := d.Store.RemovePasskey(c.UserContext(), user(c), id, c.IP()); err != nil && !models.IsKind(err, models.NotFound) { // gone is gone
		return err
	}
	return c.Redirect(accountPath+"?erledigt=factor_gone", fiber.StatusSeeOther)
}
