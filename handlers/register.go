package handlers

import (
	"bytes"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/gv100ad"
)

// saxony begins the keys of the municipalities that are taken from a register.
const saxony = "14"

// registerOf reads the register that a form carries; problem says why it can't be used.
func registerOf(c *fiber.Ctx) (ms []gv100ad.Municipality, warnings []gv100ad.Warning, problem string) {
	_, body, err := upload(c)
	if err != nil || len(body) == 0 {
		return nil, nil, say(c, "web.admin.import.no_file")
	}
	if len(body) > models.MaxAttachment {
		return nil, nil, say(c, "web.admin.import.too_large", "max", models.MaxAttachment>>20)
	}
	ms, warnings, err = gv100ad.Read(bytes.NewReader(body), saxony)
	if err != nil || len(ms) == 0 {
		return nil, nil, say(c, "web.admin.import.no_register")
	}
	return ms, warnings, ""
}

// importTowns takes over the register that was looked at.
func (d *door) importTowns(c *fiber.Ctx) error {
	text, err := unpack(posted(c, "liste"))
	if err != nil {
		return err
	}
	var ms []gv100ad.Municipality
	if err := json.Unmarshal(text, &ms); err != nil {
		return malformed("json_syntax", "liste")
	}
	for _, m := range ms {
		if !isAGS(m.AGS) || m.Name == "" || m.Population < 0 {
			return malformed("json_type", "liste")
		}
	}
	where := func(models.Imported) string { return townsPath + "?erledigt=import" }
	o := onceForm(c, where)
	out, err := d.Store.TakeMunicipalities(c.UserContext(), user(c), ms, o)
	if err != nil {
		return err
	}
	return goOn(c, o, out, where)
}

func isAGS(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) == 8
}
