package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// Every word that is typed for a municipality has a bird of its own in it.
const (
	birdBautzen = "Kanarienpirol"
	birdLeipzig = "Kanarienzeisig"
	birdInside  = "Kanarienkauz" // the provider's own notes, for no municipality
)

func birdOf(ags string) string {
	return map[string]string{Bautzen: birdBautzen, Leipzig: birdLeipzig}[ags]
}

// aviary is two municipalities in which everybody does things at random.
type aviary struct {
	*stage
	*rand.Rand
	people  []models.User
	pages   map[string]*visitor
	numbers []string          // of requests
	of      map[string]string // number → its municipality
	seen    int               // answers that were searched
	tried   map[string]int    // what was done, and how often it worked
}

func newAviary(st *stage) *aviary {
	seed := uint64(Seed(st))
	a := &aviary{stage: st, Rand: rand.New(rand.NewPCG(seed, seed)), pages: map[string]*visitor{}, of: map[string]string{}, tried: map[string]int{}}
	for _, n := range []models.NewUser{
		{AGS: Leipzig, Email: "mandant@leipzig.example", Name: "Mandant Leipzig", Roles: []models.Role{models.TenantAdmin, models.Clerk}},
		{AGS: Bautzen, Email: birdBautzen + "@bautzen.example", Name: birdBautzen + " Person", Roles: []models.Role{models.Clerk}},
		{AGS: Leipzig, Email: birdLeipzig + "@leipzig.example", Name: birdLeipzig + " Person", Roles: []models.Role{models.Clerk}},
	} {
		n.Email = strings.ToLower(n.Email)
		if _, err := st.s.AddUser(st.Context(), n); err != nil {
			st.Fatal(err)
		}
		u := SignIn(st, st.s, n.Email)
		token, err := st.s.CreateToken(st.Context(), u.Email, "test", 1e18)
		if err != nil {
			st.Fatal(err)
		}
		st.tokens[u.Email] = token
		a.people = append(a.people, u)
	}
	a.people = append(a.people, st.Clerk, st.Approver, st.Deputy, st.TenantAdmin, st.LeipzigClerk, st.LeipzigApprover, st.Agent, st.Lead, st.AgentLead, st.Admin, st.Auditor)
	for _, u := range a.people {
		a.pages[u.Email] = st.signIn(u)
	}
	return a
}

// look searches an answer for what its reader may not know.
func (a *aviary) look(u models.User, r *reply) *reply {
	a.Helper()
	a.seen++
	if r.status >= 500 {
		a.Errorf("%s: %s: %d", u.Email, r.what, r.status)
	}
	if u.AGS == "" {
		return r
	}
	foreign := map[string]string{Bautzen: birdLeipzig, Leipzig: birdBautzen}[u.AGS]
	text := strings.ToLower(string(r.body) + fmt.Sprint(r.header))
	for _, bird := range []string{foreign, birdInside} {
		if strings.Contains(text, strings.ToLower(bird)) {
			a.Errorf("%s of %s: %s: %d shows %s: %s", u.Email, u.AGS, r.what, r.status, bird, clip(r.body))
		}
	}
	return r
}

// word is what somebody types about a municipality's request.
func (a *aviary) word(ags string) string {
	return fmt.Sprintf("%s <b>%d</b>, ab dem 1. an", birdOf(ags), a.IntN(1000))
}

// target is a request and its municipality; those who see one only may as well try another's.
func (a *aviary) target() (number, ags string) {
	if len(a.numbers) == 0 || a.IntN(30) == 0 {
		return "KA-2026-999999", Bautzen
	}
	number = a.numbers[a.IntN(len(a.numbers))]
	return number, a.of[number]
}

// wordFor is a word for a request: somebody of another municipality writes of their own.
func (a *aviary) wordFor(u models.User, ags string) string {
	if u.AGS != "" {
		ags = u.AGS
	}
	return a.word(ags)
}

// step does one thing at random.
func (a *aviary) step() {
	a.Helper()
	u := a.people[a.IntN(len(a.people))]
	number, ags := a.target()
	path := requests + "/" + number
	var what string
	var r *reply
	switch a.IntN(9) {
	case 0, 1:
		what, r = "file", a.fileSomething(u)
	case 2:
		internal := u.AGS == "" && a.IntN(2) == 0
		text := a.wordFor(u, ags)
		if internal {
			text = birdInside + " sieht niemand von außen"
		}
		what, r = "comment", a.post(u, path+"/comments", object{"text": text, "internal": internal})
	case 3, 4:
		what, r = a.act(u, number, ags)
	case 5:
		what, r = "attach", a.attach(u, number, []part{{"file", a.wordFor(u, ags) + ".pdf", pdf + a.wordFor(u, ags)}})
	case 6:
		reads := []string{requests, path, path + "/events", path + "/comments", path + "/attachments", requests + "?q=gebuehr", requests + "?q=Person&limit=5", requests + "?waiting_for=me", "/api/v1/forms?limit=3", "/api/v1/municipalities",
			"/api/v1/forms/" + Leipzig + "/" + Birth, "/api/v1/forms/" + Bautzen + "/" + Birth, "/api/v1/forms/" + Bautzen + "/" + Birth + "/versions", "/api/v1/forms/" + Leipzig + "/" + Birth + "/at/2027-06-01", "/api/v1/mails", path + "/attachments/" + itoa(1+a.IntN(20)), "/api/v1/me"}
		what, r = "read", a.get(u, reads[a.IntN(len(reads))])
	default:
		pages := []string{"/", "/auftraege", "/auftraege/" + number, "/auftraege/" + number + "/verlauf", "/auftraege/" + number + "/akte", "/auftraege/" + number + "/aenderungen", "/auftraege/" + number + "/bearbeiten/felder", "/auftraege/" + number + "/anlagen/" + itoa(1+a.IntN(20)),
			"/kalender", "/kalender/liste", "/zahlen", "/zahlen.csv", "/formulare", "/formulare/" + Bautzen + "/" + Birth, "/formulare/" + Leipzig + "/" + Birth, "/formulare/" + Bautzen + "/" + Birth + "/fassungen", "/formulare/" + Leipzig + "/" + Birth + "/feld/kontakt.ansprechstelle",
			"/verwaltung", "/verwaltung/personen", "/verwaltung/protokoll?kommune=" + Bautzen, "/verwaltung/protokoll?kommune=" + Leipzig, "/verwaltung/postausgang", "/verwaltung/postausgang/" + itoa(1+a.IntN(50)), "/konto/daten/datei", "/auftraege?q=Person"}
		what, r = "page", a.pages[u.Email].open(pages[a.IntN(len(pages))])
	}
	if a.look(u, r).status < 400 {
		a.tried[what]++
	}
}

// fileSomething files or drafts a request with a bird in every field.
func (a *aviary) fileSomething(u models.User) *reply {
	a.Helper()
	ags := u.AGS
	if ags == "" || a.IntN(10) == 0 {
		ags = []string{Bautzen, Leipzig}[a.IntN(2)]
	}
	word := a.wordFor(u, ags)
	body := filing("kontakt.ansprechstelle", word, "by", fmt.Sprintf("2027-%02d-15", 1+a.IntN(12)))
	body["form"], body["reason"], body["wish"], body["submit"] = ags+"/"+Birth, word, word, a.IntN(4) > 0
	r := a.post(u, requests, body)
	if r.status == 201 {
		number := r.text("number")
		a.numbers, a.of[number] = append(a.numbers, number), ags
	}
	return r
}

// act takes a step of the workflow, with a word where one can be said.
func (a *aviary) act(u models.User, number, ags string) (string, *reply) {
	a.Helper()
	actions := []string{"submit", "claim", "claim", "ask", "answer", "approve", "approve", "reject", "withdraw", "reopen", "apply", "accept", "revert"}
	action := actions[a.IntN(len(actions))]
	version := 1
	if c, err := a.s.Case(a.Context(), a.Auditor, number); err == nil {
		version = c.Version
	}
	return action, a.post(u, requests+"/"+number+"/"+action, object{"version": version, "comment": a.wordFor(u, ags)})
}

// letters are searched for what their recipients may not know.
func (a *aviary) letters() int {
	a.Helper()
	n := 0
	for cursor := ""; ; {
		mails, next, err := a.s.Mails(a.Context(), a.Admin, "", cursor, 200)
		if err != nil {
			a.Fatal(err)
		}
		for _, m := range mails {
			l, err := a.s.Letter(a.Context(), a.Admin, m.ID)
			if err != nil {
				a.Fatal(err)
			}
			subject, text, html, err := templates.RenderMail(*l, base)
			if err != nil {
				a.Fatal(err)
			}
			if strings.Contains(subject, "Kanarien") || strings.Contains(subject, "@") {
				a.Errorf("the subject %q has what somebody typed", subject)
			}
			n++
			ags := map[bool]string{true: Bautzen, false: Leipzig}[strings.Contains(m.Recipient, "bautzen") || strings.Contains(m.Recipient, Bautzen)]
			if strings.HasSuffix(m.Recipient, "kisa.example") {
				continue
			}
			a.look(models.User{AGS: ags, Email: m.Recipient}, &reply{t: a.T, what: "mail " + string(m.Kind), body: []byte(subject + text + html)})
		}
		if cursor = next; next == "" {
			return n
		}
	}
}

// exports are searched as well: a municipality's, and everybody's own data.
func (a *aviary) exports() {
	a.Helper()
	for _, ags := range []string{Bautzen, Leipzig} {
		var out bytes.Buffer
		if err := a.s.Export(a.Context(), ags, &out); err != nil {
			a.Fatal(err)
		}
		if foreign := map[string]string{Bautzen: birdLeipzig, Leipzig: birdBautzen}[ags]; strings.Contains(out.String(), foreign) || !strings.Contains(out.String(), birdOf(ags)) {
			a.Errorf("the export of %s", ags)
		}
	}
	for _, u := range a.people {
		a.look(u, a.pages[u.Email].open("/konto/daten/datei").is(200))
	}
}

// TestNoBirdFliesOver: whatever people of two municipalities and of the provider do, in whatever order, no answer,
// mail or export of one municipality has a word of the other's (T1, S31); the log has none at all, and is whole (S48).
func TestNoBirdFliesOver(t *testing.T) {
	tell(t, func(t *testing.T, quiet *stage) {
		d := newDiary(t, "json")
		a := newAviary(stageOn(t, quiet.s.Dialect(), d.config))
		steps := Share(50_000)
		for range steps {
			a.step()
		}
		mails := a.letters()
		a.exports()
		d.isWhole("Kanarien")
		worked, _ := json.Marshal(a.tried)
		t.Logf("%s", worked)
		if a.tried["file"] == 0 || a.tried["comment"] == 0 || a.tried["page"] == 0 || a.tried["read"] == 0 || mails == 0 {
			t.Errorf("too little was done: %s, %d mails", worked, mails)
		}
		Score(t, "S31", "random operations by all roles of two municipalities on "+a.s.Dialect()+", every answer, mail, export and log searched", steps,
			fmt.Sprintf("0 foreign words in %d answers and %d mails", a.seen-mails, mails))
	})
}
