package handlers

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"formwandel/models"
	"formwandel/models/modelstest/prompt"
)

// called is a call with this body, as a handler gets it.
func called(t *testing.T, app *fiber.App, kind string, body []byte) *fiber.Ctx {
	t.Helper()
	c := app.AcquireCtx(&fasthttp.RequestCtx{})
	t.Cleanup(func() { app.ReleaseCtx(c) })
	c.Request().Header.SetMethod("POST")
	c.Request().Header.SetContentType(kind)
	c.Request().SetBody(body)
	return c
}

// bodyOfAll has a member of every kind that bodies have.
type bodyOfAll struct {
	Version int                 `json:"version"`
	Comment string              `json:"comment"`
	Sure    bool                `json:"sure"`
	Since   *string             `json:"since"`
	Names   []string            `json:"names"`
	Changes []changeOfAll       `json:"changes"`
	Policy  map[string][]string `json:"policy"`
}

type changeOfAll struct {
	Field string             `json:"field"`
	New   stdjson.RawMessage `json:"new,omitzero"`
}

// FuzzBind: a body is refused by name and place, or it is read as what it says: no name twice, none that we do not know, nothing behind it, no deep nest.
func FuzzBind(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", "[]", `{"version":1,"comment":"ä","sure":true,"since":null,"names":["a"],"changes":[{"field":"a.b","new":{"a":[1,"2"]}}],"policy":{"a":["b"]}}`, `{"version":1,"version":2}`, `{"Version":1}`, `{"version":1}{}`, `{"version":1}x`,
		`{"version":"1"}`, `{"version":1e400}`, `{"comment":"\ud800"}`, "{\"comment\":\"\xff\"}", `{"comment":"\u0000"}`, `{"policy":{"a":[],"a":[]}}`, `{"changes":[{}]}`, `{"changes":[{"new":{"" :0}}]}`, `{"changes":[{"new":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}]}`, `{"changes":[{"new":{"a":1,"a":2}}]}`, `{"a/b~c":1}`, "\ufeff{}", `{"policy":{"` + strings.Repeat("x", 300) + `":7}}`,
	} {
		f.Add([]byte(s))
	}
	app := fiber.New()
	f.Fuzz(func(t *testing.T, body []byte) {
		defer prompt.Answer(t)()
		var got, again bodyOfAll
		err := bind(called(t, app, "application/json", body), &got)
		var e *models.Error
		if err != nil {
			if !errors.As(err, &e) || e.Kind != models.Malformed || len(e.Fields) != 1 || len(e.Fields[0].Field) > 200 {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if !stdjson.Valid(body) || !utf8.Valid(body) || deepest(body) > maxDepth {
			t.Errorf("%q is taken", body)
		}
		text, err := json.Marshal(got)
		if err == nil {
			err = bind(called(t, app, "application/json; charset=utf-8", text), &again)
		}
		if err != nil || whole(got) != whole(again) {
			t.Errorf("%q is %+v, then %+v: %v", body, got, again, err)
		}
	})
}

// whole is what a body says: without the difference between none and nothing, and however its values are spelled.
func whole(b bodyOfAll) string {
	says := strings.Builder{}
	for i, c := range b.Changes {
		var v any
		if len(c.New) > 0 {
			in := stdjson.NewDecoder(bytes.NewReader(c.New))
			in.UseNumber()
			if err := in.Decode(&v); err != nil {
				return err.Error()
			}
		}
		fmt.Fprintf(&says, "%d %q %t %#v\n", i, c.Field, len(c.New) > 0, v)
	}
	since := "never"
	if b.Since != nil {
		since = strconv.Quote(*b.Since)
	}
	fmt.Fprintf(&says, "%d %q %t %s %q", b.Version, b.Comment, b.Sure, since, b.Names)
	for _, name := range slices.Sorted(maps.Keys(b.Policy)) {
		fmt.Fprintf(&says, " %q %q", name, b.Policy[name])
	}
	return says.String()
}

// deepest is how deep JSON goes, by another reader than ours.
func deepest(body []byte) int {
	in, depth, most := stdjson.NewDecoder(bytes.NewReader(body)), 0, 0
	for {
		token, err := in.Token()
		if err != nil {
			return most
		}
		switch token {
		case stdjson.Delim('{'), stdjson.Delim('['):
			depth++
		case stdjson.Delim('}'), stdjson.Delim(']'):
			depth--
		}
		most = max(most, depth)
	}
}

// FuzzUpload: a body with a file is refused, or gives the one file that is in it.
func FuzzUpload(f *testing.F) {
	var good bytes.Buffer
	w := multipart.NewWriter(&good)
	_ = w.SetBoundary("grenze")
	if part, err := w.CreateFormFile("file", "a.pdf"); err != nil {
		f.Fatal(err)
	} else if _, err := part.Write([]byte("%PDF-1.7\n")); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	one := good.String()
	for _, s := range []string{"", one, strings.TrimSuffix(one, "--\r\n"), strings.ReplaceAll(one, "\r\n", "\n"), strings.Replace(one, `filename="a.pdf"`, "", 1), strings.Replace(one, "a.pdf", `../\"a\".pdf`, 1), strings.Replace(one, `"file"`, `"text"`, 1), one + one, "--grenze\r\n" + strings.Repeat("X-A: b\r\n", 50) + "\r\n"} {
		f.Add("multipart/form-data; boundary=grenze", []byte(s))
	}
	for _, kind := range []string{"", "multipart/form-data", "multipart/mixed; boundary=grenze", "multipart/form-data; boundary=\"", "multipart/form-data; boundary*0=gre; boundary*1=nze", "application/json"} {
		f.Add(kind, []byte(one))
	}
	app := fiber.New()
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		defer prompt.Answer(t)()
		c := called(t, app, kind, body)
		name, content, err := upload(c)
		c.Request().RemoveMultipartFormFiles()
		var e *models.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Errorf("%q, %q: %v", kind, body, err)
			}
			return
		}
		if !bytes.Contains(body, content) || strings.ContainsAny(name, "/") {
			t.Errorf("%q, %q: %q holds %q", kind, body, name, content)
		}
	})
}
