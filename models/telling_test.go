package models_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// What the stories tell with: how people file, what they are told, and what
// somebody does who gets at the database itself.

const (
	first   = "gebuehren.erste"         // 2000 at the beginning
	further = "gebuehren.weitere"       // 1000, never more than the first
	sepa    = "zahlung.sepa_mandat_url" // a link of Bautzen's
	notice  = "einstieg.hinweistext"    // in a section that only the provider approves
	secret  = "zahlung.epaybl_keystore_passwort"
)

// want is a request for the birth certificate: pairs of field and new value.
func want(kind, date string, pairs ...string) models.FileInput {
	return models.FileInput{Form: Bautzen + "/" + Birth, Submit: true, Content: models.Content{
		Effective: &models.EffectiveInput{Kind: kind, Date: date}, Changes: changes(pairs...),
	}}
}

func changes(pairs ...string) *[]models.ChangeInput {
	out := []models.ChangeInput{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, models.ChangeInput{Field: pairs[i], New: []byte(pairs[i+1])})
	}
	return &out
}

func limited(in models.FileInput, day string) models.FileInput {
	in.Content.Effective.Until = day
	return in
}

func draft(in models.FileInput) models.FileInput {
	in.Submit = false
	return in
}

func wish(kind, date, words string, sections ...string) models.FileInput {
	return models.FileInput{Form: Bautzen + "/" + Birth, Submit: true, Content: models.Content{
		Effective: &models.EffectiveInput{Kind: kind, Date: date}, Wish: &words, Sections: &sections,
	}}
}

// edit is the input of an edit: pairs of field and new value.
func edit(pairs ...string) models.Input {
	return models.Input{Content: &models.Content{Changes: changes(pairs...)}}
}

// effect is an edit of the date.
func effect(kind, date, until string) models.Input {
	return models.Input{Content: &models.Content{Effective: &models.EffectiveInput{Kind: kind, Date: date, Until: until}}}
}

// with takes a step that has to succeed, with more than a comment.
func (st *story) with(u models.User, number string, a models.Action, in models.Input) *models.Case {
	st.Helper()
	c, err := st.try(u, number, a, in)
	if err != nil {
		st.Fatalf("%s: %s %s: %v", u.Name, a, number, err)
	}
	return c
}

// refused asserts that a step is refused, with that kind and code; the code
// may be that of a field.
func (st *story) refused(err error, kind models.Kind, code string) {
	st.Helper()
	if got := said(err); got != string(kind)+" "+code {
		st.Fatalf("got %q, want %q (%v)", got, string(kind)+" "+code, err)
	}
}

// said is a refusal in two words.
func said(err error) string {
	var e *models.Error
	switch {
	case err == nil:
		return "accepted"
	case !errors.As(err, &e):
		return err.Error()
	case len(e.Fields) > 0:
		return string(e.Kind) + " " + e.Fields[0].Code
	}
	return string(e.Kind) + " " + e.Code
}

// filed files and takes through both lanes.
func (st *story) filed(in models.FileInput) *models.Case {
	st.Helper()
	return st.approved(st.file(st.Clerk, in).Number)
}

// applied is a request that is applied at once.
func (st *story) applied(in models.FileInput) *models.Case {
	st.Helper()
	c := st.filed(in)
	st.knock()
	return st.is(c.Number, models.Applied)
}

// on moves time to the morning of a day without letting the clock knock.
func (st *story) on(day string) {
	st.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" 10:00", berlin)
	if err != nil {
		st.Fatal(err)
	}
	SetNow(st, st.s, t)
}

// history is what happened to a request, oldest first.
func (st *story) history(number string) []models.History {
	st.Helper()
	out, _, err := st.s.Events(ctx, st.Auditor, number, "", 200)
	if err != nil {
		st.Fatal(err)
	}
	return out
}

// last is the latest event of an action.
func (st *story) last(number string, a models.Action) models.History {
	st.Helper()
	all := st.history(number)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Action == a {
			return all[i]
		}
	}
	st.Fatalf("%s was never done to %s", a, number)
	return models.History{}
}

// times counts how often something was done to a request.
func (st *story) times(number string, a models.Action) int {
	st.Helper()
	n := 0
	for _, e := range st.history(number) {
		if e.Action == a {
			n++
		}
	}
	return n
}

// told lists who got a kind of mail about a request, in order.
func (st *story) told(number string, kind models.MailKind) []string {
	st.Helper()
	var out []string
	for _, m := range st.get(number).Mails {
		if m.Kind == kind {
			out = append(out, m.Recipient)
		}
	}
	return out
}

// hear asserts who got a kind of mail about a request.
func (st *story) hear(number string, kind models.MailKind, want ...string) {
	st.Helper()
	got := st.told(number, kind)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		st.Errorf("%s of %s went to %v, want %v", kind, number, got, want)
	}
}

const (
	team   = "antragsmanagement@kisa.example"
	office = "amt@" + Bautzen + ".example"
)

// blocked lists what keeps a request from going on.
func (st *story) blocked(number string) []string {
	st.Helper()
	out := []string{}
	for _, b := range st.get(number).Blockers {
		out = append(out, b.Code)
	}
	return out
}

// blockedBy asserts exactly what keeps a request from going on.
func (st *story) blockedBy(number string, want ...string) {
	st.Helper()
	if got := st.blocked(number); !slices.Equal(got, want) {
		st.Errorf("%s is blocked by %v, want %v", number, got, want)
	}
}

// old asserts the recorded old value of a request's first change.
func (st *story) old(number, want string) {
	st.Helper()
	if got := string(st.get(number).Changes[0].Old); got != want {
		st.Errorf("%s: old value %s, want %s", number, got, want)
	}
}

// live is the live version of the birth certificate.
func (st *story) live() *models.FormView {
	st.Helper()
	f, err := st.s.Form(ctx, st.Auditor, Bautzen, Birth)
	if err != nil {
		st.Fatal(err)
	}
	return f
}

// made asserts the value and the maker of a version of the birth certificate.
func (st *story) made(number int64, field, want, by string) {
	st.Helper()
	v, err := st.s.Version(ctx, st.Auditor, Bautzen, Birth, number)
	if err != nil {
		st.Fatalf("version %d: %v", number, err)
	}
	if got := string(v.Values[field]); got != want || v.Request != by {
		st.Errorf("version %d: %s by %s, want %s by %s", number, got, v.Request, want, by)
	}
}

// tamper changes the database behind the program's back.
func (st *story) tamper(query string, args ...any) {
	st.Helper()
	if err := st.force(query, args...); err != nil {
		st.Fatal(err)
	}
}

func (st *story) force(query string, args ...any) error {
	res, err := st.s.Pool().Exec(st.s.Numbered(query), args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("nothing was touched: %w", err)
	}
	return nil
}

// one reads a single number.
func (st *story) one(query string, args ...any) int64 {
	st.Helper()
	var n int64
	if err := st.s.Pool().QueryRow(st.s.Numbered(query), args...).Scan(&n); err != nil {
		st.Fatal(err)
	}
	return n
}

// everything is the text of every row of every table, by table.
func (st *story) everything() map[string]string {
	st.Helper()
	names := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'`
	if st.s.Dialect() == "postgres" {
		names = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	out := map[string]string{}
	for _, row := range st.rows(names) {
		for _, r := range st.rows("SELECT * FROM " + row[0]) {
			out[row[0]] += strings.Join(r, "|") + "\n"
		}
	}
	return out
}

func (st *story) rows(query string) [][]string {
	st.Helper()
	rows, err := st.s.Pool().Query(query)
	if err != nil {
		st.Fatal(err)
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		st.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		cells := make([]sql.RawBytes, len(cols))
		into := make([]any, len(cols))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			st.Fatal(err)
		}
		row := make([]string, len(cols))
		for i, c := range cells {
			row[i] = string(c)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		st.Fatal(err)
	}
	return out
}

// golden holds a text against its file; -update rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *models.Update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs (go test ./models -update rewrites it):\n%s", path, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a, b)
		}
	}
	return ""
}
