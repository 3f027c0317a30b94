package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
)

// The demonstration: real names and keys of municipalities, offices instead of
// people, example fees. Everything is marked as demo data.

// demoTown is a municipality of the demonstration.
type demoTown struct {
	gv100ad.Municipality
	domain string
	forms  []string // "" = all
}

var demoTowns = []demoTown{
	{gv100ad.Municipality{AGS: "14625020", Name: "Bautzen", Kind: "Große Kreisstadt", PLZ: "02625"}, "bautzen", nil},
	{gv100ad.Municipality{AGS: "14713000", Name: "Leipzig", Kind: "kreisfreie Stadt", PLZ: "04109"}, "leipzig", nil},
	{gv100ad.Municipality{AGS: "14627140", Name: "Meißen", Kind: "Große Kreisstadt", PLZ: "01662"}, "meissen", nil},
	{gv100ad.Municipality{AGS: "14628270", Name: "Pirna", Kind: "Große Kreisstadt", PLZ: "01796"}, "pirna", []string{"KOMM24Hundesteueranmeldung", "KOMM24Geburtsurkunde", "KOMM24Gewerbeanmeldung"}},
	{gv100ad.Municipality{AGS: "14626110", Name: "Görlitz", Kind: "Große Kreisstadt", PLZ: "02826"}, "goerlitz", []string{"KOMM24Hundesteueranmeldung", "KOMM24Geburtsurkunde"}},
	{gv100ad.Municipality{AGS: "14627230", Name: "Riesa", Kind: "Große Kreisstadt", PLZ: "01589"}, "riesa", []string{"KOMM24Hundesteueranmeldung", "KOMM24Geburtsurkunde"}},
}

// inMaintenance are the demonstration's forms that have not gone live yet.
var inMaintenance = map[string]bool{"KOMM24Wohngeld": true, "KOMM24Sondernutzung": true}

// demoUser is an account of the demonstration.
type demoUser struct {
	local, name string
	roles       []models.Role
}

var townUsers = []demoUser{
	{"sachbearbeitung", "Sachbearbeitung", []models.Role{models.Clerk}},
	{"freigabe", "Freigabe", []models.Role{models.Approver}},
	{"mandant", "Mandanten-Administration", []models.Role{models.TenantAdmin}},
}

var deputy = demoUser{"vertretung", "Vertretung", []models.Role{models.Clerk, models.Approver}}

var providerUsers = []demoUser{
	{"bearbeitung", "Antragsmanagement", []models.Role{models.Agent}},
	{"bearbeitung2", "Antragsmanagement 2", []models.Role{models.Agent}},
	{"freigabe", "Freigabe", []models.Role{models.Lead}},
	{"admin", "Administration", []models.Role{models.Admin}},
	{"revision", "Revision", []models.Role{models.Auditor}},
}

// seeder fills a database with the demonstration; doing it twice changes nothing.
type seeder struct {
	ctx      context.Context
	store    *models.Store
	password string
	printed  bool // the password was given by the operator or has been printed
	out      io.Writer
	added    int
}

// seed makes the demonstration. Without a given password one is generated and printed once.
func seed(ctx context.Context, s *models.Store, password string, out io.Writer) error {
	d := &seeder{ctx: ctx, store: s, password: password, out: out, printed: password != ""}
	for _, step := range []func() error{d.offices, d.assistants, d.forms, d.people, d.access} {
		if err := step(); err != nil {
			return err
		}
	}
	d.report()
	return nil
}

func (d *seeder) offices() error {
	var ms []gv100ad.Municipality
	for _, t := range demoTowns {
		ms = append(ms, t.Municipality)
	}
	done, err := d.store.ImportMunicipalities(d.ctx, ms, true)
	if err != nil || done.Added == 0 {
		return err
	}
	for _, t := range demoTowns {
		if err := d.store.SetOffice(d.ctx, t.AGS, "online-antraege@"+t.domain+".example"); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) assistants() error {
	defs, err := definition.Builtin()
	if err != nil {
		return err
	}
	for _, def := range defs {
		if _, err := d.store.ImportAssistant(d.ctx, def); err != nil && !models.IsKind(err, models.Conflict) {
			return err
		}
	}
	return nil
}

func (d *seeder) forms() error {
	defs, err := definition.Builtin()
	if err != nil {
		return err
	}
	for _, t := range demoTowns {
		for _, def := range defs {
			if len(t.forms) > 0 && !slices.Contains(t.forms, def.Key) {
				continue
			}
			if _, err := d.store.GoLive(d.ctx, t.AGS, def.Key, t.values(def), inMaintenance[def.Key]); err != nil {
				return err
			}
		}
	}
	return nil
}

// values are the town's own values where a default for all towns would be wrong.
func (t demoTown) values(def *definition.Definition) map[string]fields.Value {
	own := map[string]string{
		"kontakt.email":           "buergerservice@" + t.domain + ".example",
		"datenschutz.dsb_email":   "datenschutz@" + t.domain + ".example",
		"zahlung.sepa_mandat_url": "https://www." + t.domain + ".example/sepa-lastschriftmandat.pdf",
		"wohngeld.mietenstufe":    "",
	}
	out := map[string]fields.Value{}
	for key, text := range own {
		f, ok := def.Field(key)
		if !ok {
			continue
		}
		if text == "" && len(f.Constraints.Options) > 0 {
			text = f.Constraints.Options[0].Value
		}
		if v, err := f.ParseText(text); err == nil {
			out[key] = v
		}
	}
	return out
}

// people makes the accounts; their passwords are hashed once each.
func (d *seeder) people() error {
	for _, t := range demoTowns {
		users := townUsers
		if t.domain == "bautzen" {
			users = append([]demoUser{deputy}, townUsers...)
		}
		for _, u := range users {
			if err := d.person(t.AGS, u.local+"@"+t.domain+".example", u.name+" "+t.Name, u.roles); err != nil {
				return err
			}
		}
	}
	for _, u := range providerUsers {
		if err := d.person("", u.local+"@kisa.example", u.name+" KISA", u.roles); err != nil {
			return err
		}
	}
	return nil
}

// access lets Pirna grant the provider what the other towns keep to themselves.
func (d *seeder) access() error {
	if d.added == 0 {
		return nil
	}
	const pirna = "14628270"
	u, err := d.store.Account(d.ctx, "mandant@pirna.example")
	if err != nil {
		return err
	}
	for _, kind := range models.Accesses {
		never := int64(0)
		err := d.store.SetAccess(d.ctx, u, pirna, models.AccessChange{Kind: kind, On: true, Reason: "Der Dienstleister pflegt das für uns.", Seen: &never}, nil)
		if err != nil && !models.IsKind(err, models.Conflict) {
			return err
		}
	}
	return nil
}

func (d *seeder) person(ags, email, name string, roles []models.Role) error {
	hash, err := d.store.PasswordHash(d.ctx, email)
	if err != nil {
		return err
	}
	if hash != "" {
		return d.renew(email, hash)
	}
	if d.password == "" {
		d.password = strings.ToLower(rand.Text()[:12])
	}
	if hash, err = models.HashPassword(d.password); err != nil {
		return err
	}
	added, err := d.store.AddUser(d.ctx, models.NewUser{AGS: ags, Email: email, Name: name, Locale: "de", PasswordHash: hash, Roles: roles, Demo: true})
	if added {
		d.added++
	}
	return err
}

// renew sets another password if the operator has chosen another one since.
func (d *seeder) renew(email, hash string) error {
	if !d.printed {
		return nil
	}
	if same, err := models.SamePassword(d.password, hash); err != nil || same {
		return err
	}
	hash, err := models.HashPassword(d.password)
	if err != nil {
		return err
	}
	return d.store.SetPassword(d.ctx, email, hash)
}

// report tells what can be tried, and the password if it was made up here.
func (d *seeder) report() {
	fmt.Fprintln(d.out, "Demo data: offices instead of people, example fees. Accounts:")
	fmt.Fprintln(d.out, "  sachbearbeitung@ freigabe@ mandant@ vertretung@bautzen.example   (the first three also at leipzig, meissen, pirna, goerlitz, riesa)")
	fmt.Fprintln(d.out, "  bearbeitung@ bearbeitung2@ freigabe@ admin@ revision@kisa.example")
	switch {
	case d.printed:
		fmt.Fprintln(d.out, "  password: the one in FORMWANDEL_DEMO_PASSWORD")
	case d.added > 0:
		fmt.Fprintf(d.out, "  password: %s   (generated; shown only now)\n", d.password)
	default:
		fmt.Fprintln(d.out, "  password: shown when the demo data were made; FORMWANDEL_DEMO_PASSWORD sets another")
	}
	fmt.Fprintln(d.out, "  API token: bin/formwandel token create --email sachbearbeitung@bautzen.example")
}
