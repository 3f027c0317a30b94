package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	bautzen = "14625020"
	probe   = "KOMM24Brauchtumsfeuer" // the questionnaire that is given new words
	people  = "/verwaltung/personen"
)

// typists are those who type; between them they reach every text field there is.
type typists struct {
	*house
	clerk, approver, town, agent, lead, admin *hand
	id                                        map[string]string       // of accounts, by address
	kept                                      map[string]map[int]bool // by field, the payloads that were taken
}

func newTypists(h *house) *typists {
	t := &typists{house: h, id: map[string]string{}, kept: map[string]map[int]bool{}}
	t.clerk, t.approver, t.town, t.agent, t.lead, t.admin = h.hand(clerk).withToken("file"), h.hand(approver), h.hand(townAdmin), h.hand(agent).withToken("work"), h.hand(lead), h.hand(admin).withToken("administer")
	for _, list := range []string{people + "?kommune=" + bautzen, people} {
		_, page := t.admin.read(list)
		for _, row := range strings.Split(page, "<tr")[1:] {
			if id := regexp.MustCompile(`/verwaltung/personen/(\d+)`).FindStringSubmatch(row); id != nil {
				t.id[regexp.MustCompile(`[a-z0-9]+@[a-z]+\.example`).FindString(row)] = id[1]
			}
		}
	}
	return t
}

// round is what is typed once into every field there is, and where it stands then.
type round struct {
	*typists
	n             int
	list          []payload // harmless words have none
	words         func(p payload) string
	a, b, draft   string // requests: applied, rejected, being written
	newID, goneID string // accounts made in this round; the latter is switched off
}

// keep notes what a field took.
func (r *round) keep(field string, taken bool, list []payload) {
	if r.kept[field] == nil {
		r.kept[field] = map[int]bool{}
	}
	for _, p := range list {
		if taken {
			r.kept[field][p.number] = true
		}
	}
}

// sized cuts the round's payloads into texts of at most so many characters; what is longer alone is left out.
func (r *round) sized(limit int, of func(payload) bool) (texts []string, lists [][]payload) {
	text, list := "", []payload{}
	for _, p := range r.list {
		w := r.words(p)
		if !of(p) || utf8.RuneCountInString(w) > limit {
			continue
		}
		if text != "" && utf8.RuneCountInString(text)+1+utf8.RuneCountInString(w) > limit {
			texts, lists = append(texts, text), append(lists, list)
			text, list = "", nil
		}
		text, list = strings.TrimSpace(text+" "+w), append(list, p)
	}
	return append(texts, text), append(lists, list)
}

// one is the whole round in one text.
func (r *round) one(limit int) (string, []payload) {
	texts, lists := r.sized(limit, payload.plain)
	return texts[0], lists[0]
}

// asked files a request with everything in it that a request can say; part tells which of the texts that are too long for one reason.
func (r *round) asked(kind string, part int) string {
	r.Helper()
	reasons, inReason := r.sized(2000, payload.plain)
	wish, inWish := r.one(10000)
	body := map[string]any{"form": bautzen + "/" + probe, "sections": []string{"probe"}, "reason": reasons[part%len(reasons)], "wish": wish, "submit": true, "effective": map[string]any{"kind": kind, "date": "2027-02-01"}}
	changes := []map[string]any{{"field": "probe.liste", "new": r.pairs()}, {"field": "probe.tabelle", "new": r.rows()}, {"field": "probe.link", "new": r.link(part)}}
	texts, lists := r.sized(900, payload.plain)
	for i, text := range texts {
		changes = append(changes, map[string]any{"field": fmt.Sprint("probe.mehr", i), "new": fmt.Sprint(text, " ", r.n, kind)})
	}
	body["changes"] = changes
	status, answer := r.clerk.call("POST", "/requests", body)
	if status != 201 {
		r.Fatalf("round %d: filing: %d %v", r.n, status, answer)
	}
	r.keep("reason", true, inReason[part%len(reasons)])
	r.keep("wish", true, inWish)
	for _, list := range lists {
		r.keep("text of a form", true, list)
	}
	r.keep("list of a form", true, r.plain())
	return answer["number"].(string)
}

// plain are the round's payloads that can be kept.
func (r *round) plain() []payload {
	return slices.DeleteFunc(slices.Clone(r.list), func(p payload) bool { return !p.plain() })
}

// pairs is a list with two payloads in each item: a list takes a hundred.
func (r *round) pairs() []string {
	out := []string{fmt.Sprint("Eintrag ", r.n)}
	for pair := range slices.Chunk(r.plain(), 2) {
		words := ""
		for _, p := range pair {
			words += " " + r.words(p)
		}
		out = append(out, words[1:])
	}
	return out
}

func (r *round) rows() []map[string]any {
	var out []map[string]any
	for i, w := range r.pairs() {
		out = append(out, map[string]any{"name": fmt.Sprint(i, " ", w), "zahl": i})
	}
	r.keep("table of a form", true, r.plain())
	return out
}

// link is an address with payloads in its path and behind it.
func (r *round) link(part int) string {
	texts, lists := r.sized(1500, func(p payload) bool { return p.plain() && !strings.Contains(p.text, `\`) })
	r.keep("link of a form", true, lists[part%len(lists)])
	return "https://www.bautzen.example/satzung?q=" + url.QueryEscape(texts[part%len(texts)])
}

// talk lets everybody say something about a request on its way to being applied, or to its rejection.
func (r *round) talk(number string, applied bool) {
	r.Helper()
	words, in := r.one(5000)
	say := func(a *hand, action string) {
		status := a.step(number, action, words)
		r.keep("comment of "+action, status == 200, in)
		if status != 200 {
			r.Errorf("round %d: %s of %s: %d", r.n, action, number, status)
		}
	}
	for _, c := range []struct {
		by       *hand
		internal bool
	}{{r.clerk, false}, {r.agent, false}, {r.agent, true}} {
		status, answer := c.by.call("POST", "/requests/"+number+"/comments", map[string]any{"text": words, "internal": c.internal})
		r.keep(map[bool]string{false: "comment", true: "internal note"}[c.internal], status == 201, in)
		if status != 201 {
			r.Errorf("round %d: comment: %d %v", r.n, status, answer)
		}
	}
	r.files(number, applied)
	say(r.agent, "claim")
	say(r.agent, "ask")
	if !applied {
		say(r.clerk, "answer")
		say(r.approver, "reject")
		return
	}
	if status, page := r.clerk.fill("/auftraege/"+number, "/auftraege/"+number+"/schritt/answer", url.Values{"comment": {words}}); status != 200 {
		r.Errorf("round %d: answering on the page: %d %s", r.n, status, flat(page))
	}
	say(r.approver, "approve")
	say(r.lead, "approve")
}

// regrets has as many words taken out of a request's history as it needs to give every payload as the reason.
func (r *round) regrets(number string) {
	r.Helper()
	const regretted = "zu viel gesagt"
	texts, lists := r.sized(200, payload.plain)
	for range texts {
		if status, answer := r.clerk.call("POST", "/requests/"+number+"/comments", map[string]any{"text": regretted}); status != 201 {
			r.Fatalf("round %d: a comment: %d %v", r.n, status, answer)
		}
	}
	taken := 0
	for path := "/requests/" + number + "/events?limit=200"; path != ""; {
		status, history := r.clerk.call("GET", path, nil)
		if status != 200 {
			r.Fatalf("round %d: the history: %d %v", r.n, status, history)
		}
		items, _ := history["items"].([]any)
		for _, item := range items {
			if e, _ := item.(map[string]any); e["comment"] == regretted && taken < len(texts) {
				r.run("redact", number, fmt.Sprint(e["seq"]), "--reason="+texts[taken])
				r.keep("reason of a redaction", true, lists[taken])
				taken++
			}
		}
		path = ""
		if next, more := history["next"].(string); more {
			path = "/requests/" + number + "/events?limit=200&cursor=" + url.QueryEscape(next)
		}
	}
	if taken < len(texts) {
		r.Errorf("round %d: %d of %d texts were the reason of a redaction", r.n, taken, len(texts))
	}
}

// mostFiles is how many of the documents that a request may have are enclosed.
const mostFiles = 18

// files encloses documents under payloads as their names, the first ones with one request, the others with the other one.
// Those that do not end at a sign of theirs come first, as many together as stay below the length at which a name is cut.
func (r *round) files(number string, first bool) {
	r.Helper()
	texts, lists := r.sized(90, func(p payload) bool { return p.plain() && !strings.ContainsAny(r.words(p), `/\`) })
	whole := len(texts)
	for _, p := range r.plain() {
		if strings.ContainsAny(r.words(p), `/\`) {
			texts, lists = append(texts, r.words(p)), append(lists, []payload{p})
		}
	}
	from, to := min(len(texts), mostFiles), min(len(texts), 2*mostFiles)
	if first {
		from, to = 0, from
	}
	for i := from; i < to; i++ {
		status, page := r.clerk.fill("/auftraege/"+number, "/auftraege/"+number+"/anlagen", url.Values{"@file": {texts[i] + ".txt", fmt.Sprint("Anlage ", r.n, first, i)}})
		r.keep("name of a file", status == 200 && i < whole, lists[i])
		if status != 200 {
			r.Errorf("round %d: a file %q: %d %s", r.n, texts[i], status, flat(page))
		}
	}
}

// writes leaves a draft with everything in it that is typed and not saved.
func (r *round) writes() {
	r.Helper()
	words, in := r.one(5000)
	reasons, inReason := r.sized(2000, payload.plain)
	status, answer := r.clerk.call("POST", "/requests", map[string]any{"form": bautzen + "/" + probe, "sections": []string{"probe"}, "reason": reasons[2%len(reasons)], "changes": []map[string]any{{"field": "probe.text", "new": fmt.Sprint("Entwurf ", r.n)}, {"field": "probe.link", "new": r.link(2)}}})
	if status != 201 {
		r.Fatalf("round %d: a draft: %d %v", r.n, status, answer)
	}
	r.keep("reason", true, inReason[2%len(reasons)])
	r.draft = answer["number"].(string)
	base := "/auftraege/" + r.draft + "/bearbeiten/"
	for _, page := range []string{"felder", "wann"} {
		values := url.Values{"seite": {page}, "wunsch": {words}, "grund": {words}, "datum": {words}, "befristet": {words}, "f-probe.text": {words}, "f-probe.brief": {words}, "f-probe.link": {words}, "f-probe.liste": {words}, "f-probe.mail": {words}}
		req, _ := formTo(second(r.clerk.read(base+page)), base+page)
		maps.Copy(req, values)
		status, text := r.clerk.post(base+"merken", req)
		r.keep("typed and not saved", status == 200, in)
		if status != 200 {
			r.Errorf("round %d: %s: keeping what is typed: %d %s", r.n, page, status, text)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// post sends a form as it is.
func (a *hand) post(path string, values url.Values) (status int, shown string) {
	a.Helper()
	req := must(newForm(a.url+path, values))
	return a.send(req)
}

// named renames whoever acts, and adds somebody new.
func (r *round) named() {
	r.Helper()
	texts, lists := r.sized(200, payload.plain)
	for i, email := range []string{clerk, approver, agent, lead, auditor, townAdmin, agent2} {
		k := i % len(texts)
		path := people + "/" + r.id[email]
		status, page := r.admin.fill(path, path, url.Values{"name": {texts[k]}})
		r.keep("name of a person", status == 200, lists[k])
		if status != 200 {
			r.Errorf("round %d: renaming %s: %d %s", r.n, email, status, flat(page))
		}
	}
	for i := range texts {
		if i > 0 && i < 7 {
			continue // somebody is called so
		}
		status, page := r.town.fill(people+"/neu", people, url.Values{"email": {fmt.Sprintf("neu%d-%d@bautzen.example", r.n, i)}, "name": {texts[i]}, "rollen": {"clerk"}, "sprache": {"de"}})
		r.keep("name of a person", status == 200, lists[i])
		if status != 200 {
			r.Errorf("round %d: a new person: %d %s", r.n, status, flat(page))
		}
	}
	r.newID = r.found(fmt.Sprintf("neu%d-0@bautzen.example", r.n))
	status, page := r.town.fill(people+"/neu", people, url.Values{"email": {fmt.Sprintf("weg%d@bautzen.example", r.n)}, "name": {texts[0]}, "rollen": {"clerk"}, "sprache": {"de"}})
	r.goneID = r.found(fmt.Sprintf("weg%d@bautzen.example", r.n))
	off, _ := r.town.fill(people+"/"+r.goneID, people+"/"+r.goneID+"/abschalten", nil)
	if status != 200 || off != 200 {
		r.Errorf("round %d: somebody who is switched off: %d %d %s", r.n, status, off, flat(page))
	}
}

// found is the id of the account with an address.
func (r *round) found(email string) string {
	r.Helper()
	_, page := r.admin.fill(people, people+"/suche", url.Values{"email": {email}})
	m := regexp.MustCompile(`action="/verwaltung/personen/(\d+)`).FindStringSubmatch(page)
	if m == nil {
		r.Fatalf("round %d: there is no %s: %s", r.n, email, flat(page))
	}
	return m[1]
}

// mostKept is how many views, and how many tokens in force, somebody may have.
const mostKept = 20

// labels saves views and makes tokens under names of the round; what an earlier round made is removed first.
func (r *round) labels() {
	r.Helper()
	texts, lists := r.sized(60, payload.plain)
	viewers := []*hand{r.clerk, r.agent, r.lead}
	for _, who := range viewers {
		_, queue := who.read("/auftraege")
		for _, m := range regexp.MustCompile(`name="loeschen" value="(\d+)"`).FindAllStringSubmatch(queue, -1) {
			who.fill("/auftraege", "/auftraege/ansichten", url.Values{"loeschen": {m[1]}})
		}
	}
	for i, name := range texts[:min(len(texts), len(viewers)*mostKept)] {
		status, page := viewers[i/mostKept].fill("/auftraege", "/auftraege/ansichten", url.Values{"name": {name}, "zurueck": {"sort=due&q=" + url.QueryEscape(name)}})
		r.keep("name of a view", status == 200, lists[i])
		if status != 200 {
			r.Errorf("round %d: a view %q: %d %s", r.n, name, status, flat(page))
		}
	}
	for i, name := range texts {
		if i%mostKept == 0 { // those that ended are shown as well
			r.endTokens()
		}
		status, page := r.town.fill("/konto/tokens", "/konto/tokens", url.Values{"name": {name}, "days": {"30"}})
		r.keep("name of a token", status == 200, lists[i])
		if status != 200 {
			r.Errorf("round %d: a token %q: %d %s", r.n, name, status, flat(page))
		}
	}
}

// endTokens ends all tokens that are in force.
func (r *round) endTokens() {
	r.Helper()
	_, tokens := r.town.read("/konto/tokens")
	for _, m := range regexp.MustCompile(`action="(/konto/tokens/\d+/widerrufen)"`).FindAllStringSubmatch(tokens, -1) {
		if status, page := r.town.fill("/konto/tokens", m[1], nil); status != 200 {
			r.Errorf("round %d: ending a token: %d %s", r.n, status, flat(page))
		}
	}
}

// granted lets the provider in, with words about why.
func (r *round) granted() {
	r.Helper()
	path := "/verwaltung/rechtevergabe/" + bautzen
	texts, lists := r.sized(2000, payload.plain)
	for i := range max(2, len(texts)) {
		kind := []string{"profile", "maintenance"}[i%2]
		if _, page := r.town.read(path); !strings.Contains(page, `id="grund-`+kind+`"`) {
			r.town.fillOf(path, path, kind, url.Values{"tun": {"widerrufen"}})
		}
		status, shown := r.town.fillOf(path, path, kind, url.Values{"grund-" + kind: {texts[i%len(texts)]}, "tun": {"erteilen"}})
		r.keep("reason of access", status == 200, lists[i%len(texts)])
		if status != 200 {
			r.Errorf("round %d: granting %s: %d %s", r.n, kind, status, flat(shown))
		}
	}
}

// definition is a questionnaire whose every word is a payload.
func (r *round) definition() []byte {
	short, _ := r.sized(100, payload.plain)
	longs, _ := r.sized(1000, payload.plain)
	pick := func(i int) string { return short[i%len(short)] }
	field := func(i int, key, kind string, more map[string]any) map[string]any {
		out := map[string]any{"key": "probe." + key, "type": kind, "label": pick(i), "help": longs[i%len(longs)]}
		maps.Copy(out, more)
		return out
	}
	list := []map[string]any{
		field(0, "text", "text", map[string]any{"example": longs[0], "constraints": map[string]any{"max_length": 1000}}),
		field(1, "brief", "markdown", map[string]any{}),
		field(2, "link", "url", map[string]any{"constraints": map[string]any{"max_length": 10000}}),
		field(3, "liste", "list", map[string]any{"constraints": map[string]any{"item": map[string]any{"type": "text"}}}),
		field(4, "tabelle", "table", map[string]any{"constraints": map[string]any{"columns": []map[string]any{{"key": "name", "label": pick(5), "type": "text"}, {"key": "zahl", "label": pick(6), "type": "integer"}}}}),
		field(7, "mail", "email", map[string]any{}),
		field(8, "muster", "text", map[string]any{"constraints": map[string]any{"pattern": "^[0-9]{5}$", "pattern_hint": longs[len(longs)-1]}}),
		field(9, "fest", "text", map[string]any{"configurable": false, "reason": longs[0], "default": pick(9)}),
	}
	var options []map[string]any
	for i, w := range short {
		options = append(options, map[string]any{"value": fmt.Sprint("w", i), "label": w})
		list = append(list, field(i, fmt.Sprint("mehr", i), "text", map[string]any{"default": w}))
	}
	list = append(list, field(3, "wahl", "enum", map[string]any{"constraints": map[string]any{"options": append(options, map[string]any{"value": "x", "label": "keine"})}}),
		field(4, "wahlen", "enum_set", map[string]any{"constraints": map[string]any{"options": append(options, map[string]any{"value": "x", "label": "keine"})}}))
	text, err := json.Marshal(map[string]any{"key": probe, "version": r.n + 2, "title": pick(1), "demo": true, "source": longs[0], "sections": []map[string]any{
		{"key": "probe", "title": pick(2), "help": longs[len(longs)-1], "approval": map[string]any{"municipality": 1, "provider": 1}, "fields": list},
	}})
	if err != nil {
		r.Fatal(err)
	}
	return text
}

// worded imports the questionnaire, and a list of municipalities with new names.
func (r *round) worded() {
	r.Helper()
	const check, take = "/verwaltung/assistenten/pruefen", "/verwaltung/assistenten/einlesen"
	text := r.definition()
	status, page := r.admin.fill(check, check, url.Values{"@file": {"fragebogen.json", string(text)}})
	form, found := formTo(page, take)
	if !found {
		r.Fatalf("round %d: the questionnaire is not taken: %d %s", r.n, status, flat(page))
	}
	status, page = r.admin.post(take, form)
	_, lists := r.sized(100, payload.plain)
	for _, list := range lists {
		r.keep("words of a questionnaire", status == 200, list)
	}
	if status != 200 {
		r.Errorf("round %d: the questionnaire: %d %s", r.n, status, flat(page))
	}
	const towns, doit = "/verwaltung/kommunen/einlesen", "/verwaltung/kommunen/einlesen/tun"
	texts, lists := r.sized(50, func(p payload) bool { return p.plain() && !strings.Contains(p.text, ", ") })
	var register strings.Builder
	for i, ags := range append([]string{bautzen, "14713000", "14627140", "14628270", "14626110", "14627230"}, towned(84)...) {
		register.WriteString(record(ags, texts[i%len(texts)]))
	}
	status, page = r.admin.fill(towns, towns, url.Values{"@file": {"GV100AD.txt", register.String()}})
	if form, found = formTo(page, doit); !found {
		r.Fatalf("round %d: the register is not taken: %d %s", r.n, status, flat(page))
	}
	status, page = r.admin.post(doit, form)
	for i := range texts[:min(len(texts), 90)] {
		r.keep("name of a municipality", status == 200, lists[i])
	}
	if status != 200 {
		r.Errorf("round %d: the register: %d %s", r.n, status, flat(page))
	}
}

func towned(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("146259", 10+i))
	}
	return out
}

// record is a line of the official register.
func record(ags, name string) string {
	line := []rune(strings.Repeat(" ", 220))
	put := func(from int, text string) { copy(line[from-1:], []rune(text)) }
	put(1, "60")
	put(3, "20261231")
	put(11, ags+"0000")
	put(23, name)
	put(123, "64")
	put(140, "00000012345")
	put(166, "02625")
	return string(line) + "\n"
}
