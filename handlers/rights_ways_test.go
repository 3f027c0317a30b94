package handlers_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// TestNoOtherWayIn tries what stands in no table: other verbs, other writings of an address, and headers and
// fields that pretend another verb. None reaches anything, and nothing is written (T14, F14).
func TestNoOtherWayIn(t *testing.T) {
	c := newCells(t)
	verbs, routes := map[string][]string{}, c.routes()
	for _, r := range routes {
		verbs[r.path] = append(verbs[r.path], r.method)
	}
	var powerful []*actor
	for _, a := range c.actors {
		if a.name == "nobody" || a.name == "tenant_admin" || a.name == "admin" {
			powerful = append(powerful, a)
		}
	}
	before := c.rows()
	for path, known := range verbs {
		path = strings.ReplaceAll(path, ":action", "claim")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if !slices.Contains(known, method) {
				c.nowhere(powerful, method, path, c.name(path, c.things[0]), "")
			}
		}
		place := c.name(path, c.things[0])
		for _, other := range writings(place) {
			if strings.HasPrefix(path, "/zugang/:") {
				continue // whatever stands there is somebody's secret or nobody's
			}
			c.nowhere(powerful, known[0], path, other, "")
		}
		for i, method := range []string{"POST", "PUT", "PATCH", "GET"} {
			header := []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method"}[i]
			c.nowhere(powerful[1:], "DELETE", path, place+"?_method="+method, header+": "+method)
		}
	}
	c.unchanged(before, "other verbs and other writings")
	Score(t, "S30", "verbs and writings of addresses that stand in no table", c.n, "none reached anything")
	t.Log(c.n, "cells")
	if c.n < 5000 {
		t.Errorf("%d cells", c.n)
	}
}

// writings are other ways to write an address.
func writings(place string) []string {
	last := place[strings.LastIndexByte(place, '/'):]
	out := []string{place + "/", "/" + place, place + "%2f", place + ";x", place + ".css", strings.Replace(place, "/", "/./", 1) + "%00", place + "%20"}
	if up := strings.ToUpper(place); up != place {
		out = append(out, up, strings.ReplaceAll(place, last, strings.ToUpper(last)))
	}
	if len(place) > 1 {
		twice := strings.Replace(place[1:], "/", "%252f", 1)
		out = append(out, "/%25"+place[1:], "/"+twice+"%25", "/x/..%2f"+place[1:], "/anmelden/..%252f"+place[1:])
	}
	return slices.DeleteFunc(out, func(other string) bool { return other == place })
}

// nowhere asserts that a call reaches nothing, whoever makes it.
func (c *cells) nowhere(actors []*actor, method, path, place, header string) {
	c.Helper()
	for _, a := range actors {
		req := httptest.NewRequest(method, "/", strings.NewReader("version=1&_method=DELETE"))
		req.RequestURI = place
		if name, value, ok := strings.Cut(header, ": "); ok {
			req.Header.Set(name, value)
		}
		got := c.call(a, req, entry{}, place)
		c.n++
		if asks := got.status == 303 && strings.HasPrefix(got.header.Get("Location"), "/anmelden?weiter="); !asks && !slices.Contains([]int{400, 401, 403, 404, 405, 422, 501}, got.status) {
			c.Errorf("%s: %s %s (%s) %s: %d\n%s", a.name, method, place, path, header, got.status, clip(got.body))
		}
	}
}
