package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
	"formwandel/templates"
)

type serveCommand struct{}

// Run serves until it is told to stop, then finishes what it has begun.
func (serveCommand) Run(ctx context.Context, c *Config, log *slog.Logger) error {
	withinMemory()
	withThreadsToSpare()
	a, err := New(ctx, c, log)
	if err != nil {
		return err
	}
	addr, err := a.Start()
	if err != nil {
		return errors.Join(err, a.Stop())
	}
	fmt.Printf("formwandel %s ready on %s://%s\n", version, c.scheme(), addr)
	if !c.start.IsZero() {
		fmt.Printf("REHEARSAL: the clock started at %s\n", c.Clock)
	}
	debug.FreeOSMemory() // what starting took is not needed again
	err = a.Wait(ctx)
	log.Info("stopping: finishing what has begun")
	return errors.Join(err, a.Stop())
}

type migrateCommand struct{}

// Run brings the schema up to date.
func (migrateCommand) Run(ctx context.Context, c *Config) error {
	return withOpen(ctx, c, (*models.Store).Migrate, func(*models.Store) error {
		fmt.Println("the database is up to date")
		return nil
	})
}

// withStore opens a migrated database for a command that works beside the server; it makes none.
func withStore(ctx context.Context, c *Config, do func(*models.Store) error) error {
	if err := databaseThere(c.DatabaseURL); err != nil {
		return err
	}
	return withOpen(ctx, c, (*models.Store).Migrated, func(s *models.Store) error {
		if err := s.KnowFactorKey(ctx, c.Data); err != nil { // what a command writes is sealed as what the server writes
			return err
		}
		return do(s)
	})
}

// withOpen opens the database, sees to its schema, and closes it behind do.
func withOpen(ctx context.Context, c *Config, schema func(*models.Store, context.Context) error, do func(*models.Store) error) (err error) {
	s, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := schema(s, ctx); err != nil {
		return err
	}
	return do(s)
}

type seedCommand struct{}

// Run makes the demonstration, in a fresh database if there is none.
func (seedCommand) Run(ctx context.Context, c *Config) error {
	return withOpen(ctx, c, (*models.Store).Migrate, func(s *models.Store) error { return seed(ctx, s, c.DemoPassword, os.Stdout) })
}

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Give a person an API token, with all their rights unless scopes are named; prints only the token."`
	Revoke tokenRevoke `cmd:"" help:"End all of a person's API tokens."`
}

type tokenCreate struct {
	Email string `required:"" help:"The account's address."`
	Name  string `default:"token create" help:"What it is for."`
	Days  *int   `xor:"lasts" help:"How many days it is valid (1 to 3650); 90 where nothing is said."`

	Valid time.Duration  `xor:"lasts" help:"How long it is valid instead, for example 8h (1m to 87600h)."`
	Scope []models.Scope `help:"What it is good for: read, file, work, administer; may be repeated. Without it everything the person may."`
}

// check refuses what could not be meant.
func (t *tokenCreate) check() error {
	days := 90
	if t.Days != nil {
		days = *t.Days
	}
	if days < 1 || days > 3650 {
		return errors.New("--days must be between 1 and 3650")
	}
	if t.Valid == 0 {
		t.Valid = time.Duration(days) * 24 * time.Hour
	}
	if t.Valid < time.Minute || t.Valid > 3650*24*time.Hour {
		return errors.New("--valid must be between 1m and 87600h")
	}
	for _, s := range t.Scope {
		if !slices.Contains(models.Scopes, s) {
			return fmt.Errorf("--scope %q is none; known are %v", s, models.Scopes)
		}
	}
	return nil
}

// Run prints the token, and nothing else, once.
func (t tokenCreate) Run(ctx context.Context, c *Config) error {
	if err := t.check(); err != nil {
		return &usageError{err}
	}
	return withStore(ctx, c, func(s *models.Store) error {
		token, err := s.CreateToken(ctx, t.Email, t.Name, t.Valid, t.Scope...)
		if models.IsKind(err, models.NotFound) {
			return fmt.Errorf("there is no account %q", t.Email)
		}
		if err == nil {
			fmt.Println(token)
		}
		return err
	})
}

type tokenRevoke struct {
	Email string `required:"" help:"The account's address."`
}

// Run says how many tokens were ended.
func (t tokenRevoke) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		n, err := s.RevokeTokens(ctx, t.Email)
		if models.IsKind(err, models.NotFound) {
			return fmt.Errorf("there is no account %q", t.Email)
		}
		if err == nil {
			fmt.Printf("%d tokens revoked\n", n)
		}
		return err
	})
}

type importCommand struct {
	Municipalities importMunicipalities `cmd:"" help:"From the official register (GV100AD text file of Destatis)."`
	Assistant      importAssistant      `cmd:"" help:"From a questionnaire file (JSON, see docs/assistants.md)."`
}

type importMunicipalities struct {
	File   string `arg:"" help:"GV100AD_….txt"`
	Prefix string `default:"14" help:"Only keys that begin with this (14 = Saxony)."`
}

// Run imports and tells what was new; warnings go to standard error.
func (i importMunicipalities) Run(ctx context.Context, c *Config) error {
	f, err := openInput(i.File)
	if err != nil {
		return err
	}
	defer f.Close()
	ms, warnings, err := gv100ad.Read(bufio.NewReader(f), i.Prefix)
	for _, w := range warnings {
		fmt.Fprintf(os.Stderr, "%s:%d: %s\n", i.File, w.Line, w.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", i.File, err)
	}
	return withStore(ctx, c, func(s *models.Store) error {
		done, err := s.ImportMunicipalities(ctx, ms, false)
		if err == nil {
			fmt.Printf("%d added, %d updated, %d unchanged\n", done.Added, done.Updated, done.Unchanged)
		}
		return err
	})
}

type importAssistant struct {
	File string `arg:"" help:"Questionnaire file."`
}

// Run imports and lists the values that the new questionnaire has no room for.
func (i importAssistant) Run(ctx context.Context, c *Config) error {
	f, err := openInput(i.File)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := definition.Read(bufio.NewReader(f), i.File)
	var findings definition.Errors
	if errors.As(err, &findings) {
		for _, x := range findings.Told("en", templates.Words("en").Say) {
			fmt.Fprintln(os.Stderr, x)
		}
		return fmt.Errorf("nothing imported: %d findings in %s", len(findings), i.File)
	}
	if err != nil {
		return err
	}
	return withStore(ctx, c, func(s *models.Store) error {
		done, err := s.ImportAssistant(ctx, d)
		if err != nil {
			return err
		}
		for _, l := range done.Lost {
			fmt.Fprintf(os.Stderr, "%s: %s (%s): %s does not fit any more: %s\n", l.Form, l.Label, l.Field, l.Value, l.Code)
		}
		fmt.Printf("%s version %d: %d added, %d updated, %d unchanged, %d values lost\n", d.Key, d.Version, done.Added, done.Updated, done.Unchanged, len(done.Lost))
		return nil
	})
}

// openInput opens a file to read; that it can't be is the caller's mistake.
func openInput(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &usageError{err}
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // nothing was read
		return nil, &usageError{fmt.Errorf("%s is no file", name)}
	}
	return f, nil
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	fmt.Println("formwandel", version)
	return nil
}

// explain is an error as operators read it: refusals of the store in words.
func explain(err error) string {
	var refusal *models.Error
	if !errors.As(err, &refusal) || refusal.Kind == models.Busy {
		return strings.TrimSpace(err.Error())
	}
	words := templates.Words("en")
	said := []string{words.Say("error."+refusal.Code, refusal.Args)}
	for _, f := range refusal.Fields {
		said = append(said, f.Field+": "+fields.Problem{Code: f.Code, Args: f.Args}.Detail("en", words.Say))
	}
	return strings.Join(said, " ")
}
