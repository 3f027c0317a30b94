package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"formwandel/mailer"
	"formwandel/models"
)

type userExport struct {
	Email string `required:"" help:"The account's address."`
	File  string `arg:"" optional:"" help:"Where to; standard output if left out."`
}

// Run writes everything that is kept about a person (see docs/privacy.md).
func (u userExport) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		write := func(w io.Writer) error { return nobodyThere(u.Email, s.OwnDataOf(ctx, u.Email, w)) }
		if u.File == "" {
			return write(os.Stdout)
		}
		return writeFile(u.File, write)
	})
}

// nobodyThere says in words that an address has no account.
func nobodyThere(email string, err error) error {
	if models.IsKind(err, models.NotFound) {
		return fmt.Errorf("there is no account %q", email)
	}
	return err
}

type userForget struct {
	Email  string `required:"" help:"The account's address."`
	DryRun bool   `help:"Only say what would go."`
}

// Run replaces a person by a pseudonym, wherever the name or the address stands.
func (u userForget) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		forget, said := s.ForgetPerson, "is now"
		if u.DryRun {
			forget, said = s.WouldForget, "would be"
		}
		f, err := forget(ctx, u.Email)
		if err != nil {
			return nobodyThere(u.Email, err)
		}
		files, err := forgetLetters(ctx, s, c.Data, u.DryRun, f.ID, u.Email, f.Was)
		fmt.Printf("account %d %s %q: %d requests keep the number, %d mails lose the address, %d other rows and %d mail files go\n", f.ID, said, f.Name, f.Requests, f.Mails, f.Rows, files)
		return err
	})
}

// forgetLetters removes the mails that were laid down as files and name a person, by whatever name; it counts
// them. Whom a mail names the record knows; in one that it says nothing of, name and address may stand in what was typed.
// A file whose mail the record does not know any more goes, too.
func forgetLetters(ctx context.Context, s *models.Store, data string, dryRun bool, person int64, email, name string) (int, error) {
	files, err := filepath.Glob(filepath.Join(data, "mail", "*.eml"))
	if err != nil {
		return 0, err
	}
	goes, numbers := map[string]bool{}, []int64{}
	for _, f := range files {
		if n, ours := letterNumber(f); ours {
			goes[f], numbers = true, append(numbers, n)
		}
	}
	mails, err := s.MailsWithout(ctx, person, numbers)
	if err != nil {
		return 0, err
	}
	for _, m := range mails {
		delete(goes, filepath.Join(data, "mail", mailer.FileName(m.ID, m.MessageID)))
	}
	return dropLetters(data, dryRun, func(file string, _ time.Time) (bool, error) {
		if goes[file] {
			return true, nil
		}
		said, err := letterText(file)
		return strings.Contains(said, strings.ToLower(email)) || strings.Contains(said, strings.ToLower(name)), err
	})
}

// letterNumber is the number of the mail that lies in a file, if one of ours does.
func letterNumber(file string) (n int64, ours bool) {
	number, _, found := strings.Cut(filepath.Base(file), "_")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, found && err == nil
}

// letterText is all that a mail file says, in lower case: its head, and its parts as people read them.
func letterText(name string) (string, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	said := string(raw)
	letter, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return strings.ToLower(said), nil //nolint:nilerr // no mail: as it stands
	}
	_, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil {
		return strings.ToLower(said), nil //nolint:nilerr // a mail of one part
	}
	for parts := multipart.NewReader(letter.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err != nil {
			return strings.ToLower(said), nil //nolint:nilerr // the end, or nothing more that can be read
		}
		var body io.Reader = p
		switch strings.ToLower(p.Header.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			body = quotedprintable.NewReader(p)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, _ := io.ReadAll(body) // as far as it can be read
		said += html.UnescapeString(string(text))
	}
}

// dropLetters removes the mails that were laid down as files in the data folder and that fit; it counts them.
func dropLetters(data string, dryRun bool, fits func(name string, at time.Time) (bool, error)) (n int, err error) {
	dir := filepath.Join(data, "mail")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil || filepath.Ext(name) != ".eml" {
			continue // gone meanwhile, or none of ours
		}
		ours, err := fits(name, info.ModTime())
		if err != nil {
			return n, err
		}
		if !ours {
			continue
		}
		if n++; dryRun {
			continue
		}
		if err := os.Remove(name); err != nil {
			return n, err
		}
	}
	return n, nil
}

type retentionCommand struct {
	DryRun bool `help:"Only say what a run would do."`
	JSON   bool `help:"As JSON." name:"json"`
}

// Run deletes what has had its time, or says what that is.
func (r retentionCommand) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		var rules []models.Expired
		var err error
		if r.DryRun {
			rules, err = s.WouldExpire(ctx)
		} else {
			var report *models.RetentionReport
			if report, err = s.Expire(ctx); err == nil {
				rules = report.Rules
			}
		}
		if err != nil {
			return err
		}
		files, err := dropOldLetters(c.Data, rules, r.DryRun)
		if err != nil {
			return err
		}
		return r.print(rules, files)
	})
}

// dropOldLetters removes the mail files whose time is over.
func dropOldLetters(data string, rules []models.Expired, dryRun bool) (int, error) {
	for _, e := range rules {
		if e.Key == "mails" {
			return dropLetters(data, dryRun, func(file string, at time.Time) (bool, error) {
				if made, ok := letterMade(file); ok {
					return made.Add(time.Second).Before(e.Before), nil // a head has no fractions
				}
				return at.Before(now().AddDate(0, 0, -e.Keep)), nil // the host's clock, as the file's
			})
		}
	}
	return 0, nil
}

// letterMade is when the outbox took a mail, by the clock that decides: its head says so.
func letterMade(file string) (time.Time, bool) {
	f, err := os.Open(file)
	if err != nil {
		return time.Time{}, false
	}
	defer f.Close()
	letter, err := mail.ReadMessage(f)
	if err != nil {
		return time.Time{}, false
	}
	at, err := letter.Header.Date()
	return at, err == nil
}

// print says it, a rule a line.
func (r retentionCommand) print(rules []models.Expired, files int) error {
	if r.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"dry_run": r.DryRun, "rules": rules, "mail_files": files})
	}
	for _, e := range rules {
		unit := "days"
		if e.Years {
			unit = "years"
		}
		line := fmt.Sprintf("%s, kept %d %s: %d", e.Key, e.Keep, unit, e.Count)
		if !r.DryRun {
			line = fmt.Sprintf("%s, kept %d %s: %d of %d done", e.Key, e.Keep, unit, e.Done, e.Count)
		}
		if e.Oldest != nil {
			line += fmt.Sprintf(", the oldest of %s: %s", e.Oldest.Format(time.DateOnly), strings.Join(e.Examples, ", "))
		}
		if e.KeptText > 0 {
			line += fmt.Sprintf("; the words of %d events are part of an old hash and stay", e.KeptText)
		}
		if e.Held > 0 {
			line += fmt.Sprintf("; %d left, because the record says otherwise than their rows (%s): run `formwandel audit verify`", e.Held, strings.Join(e.HeldNames, ", "))
		}
		fmt.Println(line)
	}
	fmt.Printf("mail files: %d\n", files)
	return nil
}

type redactCommand struct {
	Request string `arg:"" help:"Its number, for example KA-2026-000001."`
	Event   int64  `arg:"" help:"The event's number, as the export and the request's history name it."`
	Reason  string `required:"" help:"Why; it stands in the record."`
}

// Run takes the words of one event out of the record; the chain stays whole.
func (r redactCommand) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		err := s.Redact(ctx, r.Request, r.Event, r.Reason)
		if models.IsKind(err, models.NotFound) {
			return fmt.Errorf("%s has no event %d", r.Request, r.Event)
		}
		if err == nil {
			fmt.Printf("%s event %d: its words are gone\n", r.Request, r.Event)
		}
		return err
	})
}

type configCommand struct{}

// Run prints the settings as they hold, without secrets.
func (configCommand) Run(c *Config) error { //nolint:unparam // every command can fail
	for _, s := range c.shown() {
		value, from := s.Value, "set"
		if s.Secret {
			value = hidden
		}
		if s.Default {
			from = "default"
		}
		fmt.Printf("%s=%s (%s)\n", s.Name, value, from)
	}
	return nil
}
