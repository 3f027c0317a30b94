package handlers_test

import (
	"bytes"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// scripts are what people type who want a page to do something; each has the word that marks it.
var scripts = []string{
	`<script>xss1()</script>`, `"><script>xss1()</script>`, `'><script>xss1()</script>`, `</title><script>xss1()</script>`, `</textarea><script>xss1()</script>`, `</script><script>xss1()</script>`, `</style><script>xss1()</script>`,
	`--><script>xss1()</script>`, `]]><script>xss1()</script>`, `<ScRiPt>xss1()</sCrIpT>`, `<script src=//evil.example/xss1></script>`, `<scr<script>ipt>xss1()</script>`, `<<script>xss1()//<</script>`, `<script/xss1>x</script>`,
	`<img src=x onerror=xss1()>`, `"><img src=x onerror=xss1()>`, `<img src=x onerror=xss1()//`, `<img/src=x/onerror=xss1()>`, "<img src=`x` onerror=xss1()>", `<IMG """><script>xss1()</script>">`, `<image href=x onerror=xss1()>`,
	`<svg onload=xss1()>`, `<svg/onload=xss1()>`, `<svg><script>xss1()</script></svg>`, `<svg><animate onbegin=xss1() attributeName=x>`, `<math><mtext></form><form><mglyph><style></math><img src onerror=xss1()>`, `<svg><a xlink:href="javascript:xss1()">x</a></svg>`,
	`<iframe src="javascript:xss1()">`, `<iframe srcdoc="<script>xss1()</script>">`, `<object data="javascript:xss1()">`, `<embed src="javascript:xss1()">`, `<base href="//evil.example/xss1">`, `<link rel=stylesheet href="//evil.example/xss1">`,
	`<meta http-equiv=refresh content="0;url=javascript:xss1()">`, `<form action="javascript:xss1()"><button>x</button></form>`, `<button formaction="javascript:xss1()">x</button>`, `<input autofocus onfocus=xss1()>`, `<details open ontoggle=xss1()>`,
	`<video><source onerror=xss1()></video>`, `<audio src=x onerror=xss1()>`, `<body onload=xss1()>`, `<marquee onstart=xss1()>`, `<select autofocus onfocus=xss1()>`, `<textarea autofocus onfocus=xss1()>`, `<a href="javascript:xss1()">x</a>`, `<a href="java&#10;script:xss1()">x</a>`,
	`[x](javascript:xss1())`, `[x](JaVaScRiPt:xss1())`, `[x](data:text/html,<script>xss1()</script>)`, `![x](x" onerror="xss1())`, `<javascript:xss1()>`, `[x]: javascript:xss1()`, `[x](vbscript:xss1())`,
	`" onmouseover="xss1()" x="`, `' onmouseover='xss1()' x='`, "` onmouseover=`xss1()`", `" autofocus onfocus="xss1()`, `" style="background:url(javascript:xss1())`, `javascript:xss1()`, `{{xss1}}`, `{xss1}`, `${xss1()}`, `<%= xss1 %>`, `<style>@import '//evil.example/xss1'</style>`,
	`+ADw-script+AD4-xss1()+ADw-/script+AD4-`, "\u2028<script>xss1()</script>", `&lt;script&gt;xss1()&lt;/script&gt;`, `&#60;script&#62;xss1()&#60;/script&#62;`, `%3Cscript%3Exss1()%3C/script%3E`, `\u003cscript\u003exss1()`, `<!--xss1--><!--`, `<?xml version="1.0"?><xss1>`,
}

// shape is what a browser makes of a page: every element with its attributes' names, and every address that does something.
func shape(t *testing.T, body []byte) map[string]int {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			out["<!-- -->"]++
		}
		if n.Type != html.ElementNode {
			continue
		}
		var names []string
		for _, a := range n.Attr {
			names = append(names, a.Key)
			if low := strings.ToLower(strings.TrimSpace(a.Val)); slices.Contains([]string{"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href"}, a.Key) && (strings.Contains(strings.SplitN(low, "/", 2)[0], "script:") || strings.HasPrefix(low, "data:")) {
				out["runs "+a.Val]++
			}
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				out["acts "+a.Key]++
			}
		}
		sort.Strings(names)
		out[n.Data+" "+strings.Join(names, " ")]++
	}
	return out
}

// odd is what a page has that it does not have with harmless words.
func odd(harmless, now map[string]int) (out []string) {
	for what := range now {
		if _, known := harmless[what]; !known {
			out = append(out, what)
		}
	}
	return out
}

// stored puts words into everything in which words can be kept, and tells the pages that show them.
func (t *tour) stored(words string) (pages map[string]models.User, kept int) {
	t.Helper()
	ok := func(r *reply) {
		if r.status < 400 {
			kept++
		} else if r.status >= 500 {
			t.Errorf("%s with %q: %d", r.what, words, r.status)
		}
	}
	body := fee(2500, "2027-01-01")
	body["reason"], body["wish"], body["submit"] = words, words, false
	number := t.post(t.Clerk, requests, body).is(201).text("number")
	kept += 2
	changes := []object{{"field": "gebuehren.erste", "new": 2500}}
	for field, value := range map[string]any{
		"kontakt.ansprechstelle": words, "kontakt.sprechzeiten": words, "einstieg.hinweistext": words, "zustaendigkeit.oe_name": words, "gebuehren.gebuehrenfreie_zwecke": []string{words, "Rente"}, "abschluss.bestaetigung_betreff": words,
		"gebuehren.satzung_url": "https://www.bautzen.example/" + url.PathEscape(words), "rechtliches.hinweis": words,
		"anlagen.liste": []object{{"bezeichnung": words, "pflicht": true, "formate": "pdf", "max_mb": 1, "max_anzahl": 1}},
	} {
		one := append(slices.Clone(changes), object{"field": field, "new": value})
		if r := t.send(call{t.Clerk, "PATCH", requests + "/" + number, object{"version": t.now(number), "changes": one}, nil}); r.status == 200 {
			changes, kept = one, kept+1
		}
	}
	ok(t.attach(t.Clerk, number, []part{{"file", words + ".pdf", pdf}}))
	ok(t.post(t.Clerk, requests+"/"+number+"/comments", object{"text": words}))
	clerk, admin := t.as(t.Clerk), t.as(t.TenantAdmin)
	clerk.open(edit(number, "felder"))
	ok(clerk.send(edit(number, "merken"), clerk.filled("seite", "felder", "wunsch", words, "f-kontakt.sprechzeiten", words)))
	other := t.file(t.Clerk, fee(2500, "2027-01-01"))
	clerk.open("/auftraege")
	ok(clerk.send("/auftraege/ansichten", url.Values{"name": {words}, "zurueck": {"sort=due&q=" + url.QueryEscape(words)}}))
	t.do(t.Agent, other, "claim", "").is(200)
	ok(t.do(t.Agent, other, "ask", words))
	ok(t.do(t.Clerk, other, "answer", words))
	ok(t.do(t.Approver, other, "reject", words))
	admin.open("/verwaltung/personen/" + t.person)
	m, err := t.s.Person(t.Context(), t.TenantAdmin, t.Approver.ID)
	if err != nil {
		t.Fatal(err)
	}
	ok(admin.send("/verwaltung/personen/"+t.person, url.Values{"version": {itoa(m.Version)}, "name": {words}, "sprache": {"de"}, "rollen": {"approver"}}))
	admin.open("/verwaltung/kommunen/" + Bautzen)
	ok(admin.send("/verwaltung/kommunen/"+Bautzen, url.Values{"version": versionField.FindStringSubmatch(admin.html)[1:], "office_mail": {`"` + words + `"@bautzen.example`}, "closing_days": {words}}))
	mails, _, err := t.s.Mails(t.Context(), t.Admin, "", "", 3)
	if err != nil {
		t.Fatal(err)
	}
	pages = map[string]models.User{"/": t.Clerk, "/auftraege": t.Clerk, "/formulare": t.Clerk, birthPage: t.Clerk, "/kalender/liste": t.Clerk, "/verwaltung/personen": t.TenantAdmin, "/verwaltung/personen/" + t.person: t.TenantAdmin, "/verwaltung/kommunen/" + Bautzen: t.TenantAdmin, "/verwaltung/protokoll": t.TenantAdmin, "/verwaltung/postausgang": t.Admin}
	for _, n := range []string{number, other} {
		for _, page := range []string{"", "/aenderungen", "/verlauf", "/akte", "/schritt/withdraw", "/eingereicht"} {
			pages["/auftraege/"+n+page] = t.Clerk
		}
	}
	for _, page := range []string{"abschnitte", "felder", "wann", "anlagen", "pruefen"} {
		pages[edit(number, page)] = t.Clerk
	}
	for _, m := range mails {
		pages["/verwaltung/postausgang/"+itoa(int(m.ID))], pages["/verwaltung/postausgang/"+itoa(int(m.ID))+"/html"] = t.Admin, t.Admin
	}
	return pages, kept
}

// TestWordsStayWords: whatever people have typed is shown as words, on every page that shows it.
func TestWordsStayWords(t *testing.T) {
	const together = 12 // scripts on a stage: a person keeps 20 views
	harmless, showing, shown, kept := map[string]int{}, map[string]bool{}, 0, 0
	nameless := strings.NewReplacer(strings.Split("0  1  2  3  4  5  6  7  8  9 ", " ")...).Replace // pages of all requests are alike
	look := func(st *tour, words string, judge func(page string, r *reply)) {
		pages, n := st.stored(words)
		kept += n
		for page, u := range pages {
			if show, known := showing[nameless(page)]; known && !show {
				continue // nothing of it was there when it was harmless
			}
			r := st.as(u).open(page)
			if r.status >= 500 {
				t.Errorf("%q: %s: %d", words, page, r.status)
			}
			if r.status == 200 && strings.Contains(string(r.body), "xss1") {
				shown++
			}
			judge(page, r)
		}
	}
	st := newTour(newStage(t))
	for _, words := range []string{"xss1 Worte", "xss1 [Worte](https://www.bautzen.example/xss1) **fett**\n\n- eins\n\nzwei `drei`\n\n## vier"} {
		look(st, words, func(page string, r *reply) {
			showing[nameless(page)] = showing[nameless(page)] || strings.Contains(string(r.body), "xss1")
			for what, n := range shape(t, r.body) {
				harmless[what] += n
			}
		})
	}
	shown, kept = 0, 0
	for i, words := range scripts {
		if i%together == 0 {
			st = newTour(newStage(t))
		}
		look(st, words, func(page string, r *reply) {
			if strange := odd(harmless, shape(t, r.body)); r.status == 200 && len(strange) > 0 {
				t.Errorf("%q: %s has %q", words, page, strange)
			}
		})
	}
	t.Log(len(scripts), "scripts, kept", kept, "times, on", shown, "pages")
	if kept < 10*len(scripts) || shown < 15*len(scripts) {
		t.Error("too few")
	}
}

// TestEchoesAreWords: what an address or a refused form carries comes back as words.
func TestEchoesAreWords(t *testing.T) {
	st := newTour(newStage(t))
	clerk, admin, tenant := st.as(st.Clerk), st.as(st.Admin), st.as(st.TenantAdmin)
	var asks []func(words string) *reply
	get := func(v *visitor, place string) {
		asks = append(asks, func(words string) *reply { return v.open(place + url.QueryEscape(words)) })
	}
	for _, name := range []string{"q", "sort", "status", "municipality", "assistant", "section", "assignee", "waiting_for", "due_before", "cursor", "limit", "erledigt", "ergebnis", "nie-gehoert"} {
		get(clerk, "/auftraege?"+name+"=")
	}
	for _, place := range []string{
		"/kalender?monat=", "/kalender?kommune=", "/kalender/liste?tag=", "/kalender/liste?cursor=", birthPage + "/vergleich?tag=", birthPage + "/vergleich?von=1&bis=", birthPage + "/vergleich?bis=1&von=", birthPage + "/am?tag=", birthPage + "?abschnitt=",
		birthPage + "/feld/", "/formulare?q=", "/formulare?kommune=", "/auftraege/neu?q=", "/zahlen?jahr=", "/zahlen?kommune=", "/auftraege/" + st.number + "?erledigt=", "/gibt/es/nicht/", "/gibt/es/nicht?", "/auftraege/", "/auftraege/" + st.number + "/verlauf?cursor=", "/auftraege/" + st.number + "/aenderungen?ab=",
	} {
		get(clerk, place)
	}
	for _, place := range []string{"/verwaltung/personen?email=", "/verwaltung/personen?kommune=", "/verwaltung/personen?cursor=", "/verwaltung/personen/neu?kommune=", "/verwaltung/freigaben?kommune=", "/verwaltung/protokoll?kommune=", "/verwaltung/protokoll?person=", "/verwaltung/protokoll?vorgang=", "/verwaltung/kommunen?q=", "/verwaltung/postausgang?state=", "/verwaltung/assistenten/" + Birth + "/vergleich?von=", "/verwaltung/assistenten/" + Birth + "?version="} {
		get(admin, place)
	}
	asks = append(asks, func(words string) *reply { return st.visit().open("/anmelden?weiter=" + url.QueryEscape("/"+words)) },
		func(words string) *reply {
			return st.visit().send("/anmelden", url.Values{"email": {words}, "password": {"x"}, "weiter": {words}})
		},
		func(words string) *reply {
			return clerk.sendAs("/auftraege/"+st.number+"/kommentar", url.Values{"text": {words + strings.Repeat(" lang", 5)}, "csrf": {"x"}})
		},
		func(words string) *reply {
			return clerk.send("/auftraege/"+st.number+"/schritt/withdraw", url.Values{"version": {"99"}, "comment": {words}, "content_hash": {words}})
		},
		func(words string) *reply {
			return clerk.send("/auftraege/ansichten", url.Values{"name": {words + strings.Repeat("x", 60)}, "zurueck": {"q=" + url.QueryEscape(words)}})
		},
		func(words string) *reply {
			return clerk.send(edit(st.draft, "wann"), url.Values{"art": {words}, "datum": {words}, "befristet": {words}, "grund": {words}, "version": {words}, "von": {words}})
		},
		func(words string) *reply {
			return clerk.send("/auftraege/neu/"+Birth, url.Values{"abschnitt": {words}, "wunsch": {words}})
		},
		func(words string) *reply {
			return tenant.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {words}, "name": {words}, "sprache": {words}, "rollen": {words}})
		},
		func(words string) *reply {
			return tenant.send("/verwaltung/kommunen/"+Bautzen, url.Values{"version": {"1"}, "office_mail": {words}, "closing_days": {words}})
		},
		func(words string) *reply {
			return tenant.send("/verwaltung/freigaben/"+Bautzen, url.Values{"version": {"1"}, "alle": {words}, "every": {words}})
		},
		func(words string) *reply {
			return admin.send("/verwaltung/assistenten/pruefen", url.Values{"text": {`{"` + words + `": "` + words + `"}`}})
		})
	for i, ask := range asks {
		clerk.open("/auftraege")
		tenant.open("/verwaltung/personen")
		admin.open("/verwaltung/personen")
		harmless := map[int]map[string]int{}
		for _, words := range []string{"xss1", "xss1 Worte mehr als zwanzig Zeichen", "xss1\u2028(Worte):", "/"} {
			r := ask(words)
			if harmless[r.status] == nil {
				harmless[r.status] = map[string]int{}
			}
			for what := range shape(t, r.body) {
				harmless[r.status][what]++
			}
		}
		for _, words := range scripts {
			r := ask(words)
			if r.status >= 500 {
				t.Errorf("%d %q: %s: %d", i, words, r.what, r.status)
			}
			for _, what := range odd(harmless[r.status], shape(t, r.body)) {
				if harmless[r.status] != nil || strings.HasPrefix(what, "runs") || strings.HasPrefix(what, "acts") {
					t.Errorf("%d %q: %s: %d has %q", i, words, r.what, r.status, what)
				}
			}
		}
	}
	t.Log(len(asks), "places, ", len(scripts), "scripts")
}
