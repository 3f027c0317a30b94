package main_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestMetricsElsewhere: on an address of their own there are the metrics and nothing else, and then nowhere else.
func TestMetricsElsewhere(t *testing.T) {
	p := newProgram(t, built, "")
	watch := freeAddr(t)
	s := p.serve(freeAddr(t), "FORMWANDEL_METRICS_ADDR="+watch).wait()
	for url, want := range map[string]int{
		"http://" + watch + "/metrics": 200, "http://" + watch + "/": 404, "http://" + watch + "/healthz": 404, "http://" + watch + "/debug/pprof/": 404, "http://" + watch + "/anmelden": 404, "http://" + s.addr + "/metrics": 404,
	} {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close() // it has been read
		if err != nil || res.StatusCode != want || want == 200 && !strings.Contains(string(text), "formwandel_mails_waiting") {
			t.Errorf("%s: %s, %v", url, res.Status, err)
		}
	}
	s.stop()
}
