package handlers_test

import (
	"bytes"
	"context"
	encoding "encoding/base64"
	"io"
	"log/slog"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// The vocabulary of the stories.

type object = map[string]any

const requests = "/api/v1/requests"

const birthForm = "/api/v1/forms/" + Bautzen + "/" + Birth

// filing is a request for one field from a day on, submitted at once.
func filing(field string, value any, kind, date string) object {
	return object{
		"form": Bautzen + "/" + Birth, "effective": object{"kind": kind, "date": date},
		"changes": []object{{"field": field, "new": value}}, "submit": true,
	}
}

// fee is the first example: another fee for the first birth certificate.
func fee(cents int, from string) object { return filing("gebuehren.erste", cents, "from", from) }

// file files a request and returns its number.
func (st *stage) file(u models.User, body object) string {
	st.Helper()
	return st.post(u, requests, body).is(201).text("number")
}

// now is the version of a request as it is.
func (st *stage) now(number string) int {
	st.Helper()
	return st.get(st.Auditor, requests+"/"+number).is(200).version()
}

// do takes a step on the version as it is now.
func (st *stage) do(u models.User, number, action, comment string) *reply {
	st.Helper()
	return st.post(u, requests+"/"+number+"/"+action, object{"version": st.now(number), "comment": comment})
}

// edit changes a request as it is now.
func (st *stage) edit(u models.User, number string, content object) *reply {
	st.Helper()
	content["version"] = st.now(number)
	return st.send(call{u, "PATCH", requests + "/" + number, content, nil})
}

// approved takes a submitted request through both lanes.
func (st *stage) approved(number string) *reply {
	st.Helper()
	st.do(st.Agent, number, "claim", "").is(200)
	st.do(st.Approver, number, "approve", "").is(200)
	return st.do(st.Lead, number, "approve", "").is(200).has("status", "approved")
}

// at moves the clock to a day and time in Berlin and lets it knock.
func (st *stage) at(when string) {
	st.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		st.Fatal(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", when, berlin)
	if err != nil {
		st.Fatal(err)
	}
	SetNow(st.T, st.s, t)
	if _, _, err := st.s.Knock(context.Background()); err != nil {
		st.Fatal(err)
	}
}

// is asserts the status of a request as the auditor sees it.
func (st *stage) is(number, status string) *reply {
	st.Helper()
	r := st.get(st.Auditor, requests+"/"+number).is(200).has("status", status)
	if st.Failed() {
		st.FailNow()
	}
	return r
}

// part is one part of a multipart body; a part with a file name is a file.
type part struct{ field, file, content string }

// form makes a multipart body and its content type.
func (st *stage) form(parts ...part) ([]byte, string) {
	st.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		open := func() (io.Writer, error) { return w.CreateFormField(p.field) }
		if p.file != "" {
			open = func() (io.Writer, error) { return w.CreateFormFile(p.field, p.file) }
		}
		out, err := open()
		if err == nil {
			_, err = out.Write([]byte(p.content))
		}
		if err != nil {
			st.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		st.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// attach uploads parts to a request.
func (st *stage) attach(u models.User, number string, parts []part, header ...string) *reply {
	st.Helper()
	body, kind := st.form(parts...)
	return st.post(u, requests+"/"+number+"/attachments", body, append([]string{"Content-Type", kind}, header...)...)
}

// pdf is the smallest thing that is taken for one.
const pdf = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"

func itoa(n int) string { return strconv.Itoa(n) }

func join(words []string) string { return strings.Join(words, " ") }

func base64(s string) string { return encoding.RawURLEncoding.EncodeToString([]byte(s)) }

// logTo writes a log that a test reads.
func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
