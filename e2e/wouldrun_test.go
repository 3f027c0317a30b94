package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	. "formwandel/models/modelstest"
)

// careless are places of a page into which somebody who does not care puts words as they are.
var careless = []string{
	`<p>%s</p>`, `<p title="%s">x</p>`, `<input value='%s'>`, `<input value=%s>`, `<textarea>%s</textarea>`, `<title>%s</title>`, `<a href="%s" id=go>x</a><script>if (document.referrer.includes("/frames")) go.click()</script>`, `<script>var a = "%s"</script>`, `<script>%s</script>`, `<!-- %s -->`,
}

// happens lets happen in every frame whatever its elements wait for.
const happens = `[...document.querySelectorAll("iframe")].forEach(f => { try { for (const e of f.contentDocument.querySelectorAll("*")) for (const a of [...e.attributes]) if (a.name.startsWith("on")) e.dispatchEvent(new Event(a.name.slice(2))) } catch {} }) || true`

// pagesPolicy is the policy that the product's pages carry.
func pagesPolicy(h *house) string {
	h.Helper()
	res, err := http.Get(h.url + "/anmelden")
	if err != nil {
		h.Fatal(err)
	}
	_ = res.Body.Close()
	return res.Header.Get("Content-Security-Policy")
}

// TestScriptsWouldRun proves the payloads and the witness: put carelessly into a page most of them do what they are for, and he hears it. Under the policy of the product's pages none runs even then.
func TestScriptsWouldRun(t *testing.T) {
	h := newHouse(t)
	policy := strings.Replace(pagesPolicy(h), "frame-ancestors 'none'", "frame-ancestors 'self'", 1) // the pages are looked at in frames
	all, strict := payloads(), false
	mux := http.NewServeMux()
	mux.HandleFunc("/raw", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		place, _ := strconv.Atoi(r.FormValue("c"))
		if n < 1 || n > len(all) { // a form among the payloads was sent
			http.NotFound(w, r)
			return
		}
		if strict {
			w.Header().Set("Content-Security-Policy", policy)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html><body>"+careless[place], all[n-1].text)
	})
	mux.HandleFunc("/frames", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for n := range strings.SplitSeq(r.FormValue("n"), ",") {
			for place := range careless {
				_, _ = fmt.Fprintf(w, `<iframe width=60 height=40 sandbox="allow-scripts allow-same-origin allow-forms" src="/raw?n=%s&c=%d"></iframe>`, n, place)
			}
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	chosen := Share(len(all) / 3)
	h.url = server.URL
	for _, strict = range []bool{false, true} {
		p, w := h.visitor("somebody"), &witness{}
		p.quiet = true // what payloads break is not the product's
		p.watch(w, false)
		did := map[int]bool{}
		ran := 0
		for i := 0; i < chosen; i += 6 {
			var numbers []string
			for k := i; k < min(i+6, chosen); k++ {
				numbers = append(numbers, strconv.Itoa(all[k*len(all)/chosen].number))
			}
			p.open("/frames?n=" + strings.Join(numbers, ","))
			ask[bool](p, happens)
			time.Sleep(300 * time.Millisecond) // what moves needs a moment to begin
			for _, told := range w.told() {
				if m := regexp.MustCompile(`x35\((\d+)\)|x35\.example/(\d+)`).FindStringSubmatch(told); m != nil {
					n, _ := strconv.Atoi(m[1] + m[2])
					did[n] = true
				}
				if strings.HasPrefix(told, "ran") || strings.HasPrefix(told, "dialog") {
					ran++
					if strict {
						t.Errorf("under the policy of our pages: %s", clipped(told))
					}
				}
			}
		}
		t.Logf("policy %v: %d of %d payloads did something, %d times something ran", strict, len(did), chosen, ran)
		if !strict && len(did) < chosen/2 {
			t.Errorf("only %d of %d payloads did anything in a careless page", len(did), chosen)
		}
	}
}
