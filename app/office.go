package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"formwandel/models"
)

// The operator's first acts in an empty installation: an account, a form.

type userCommand struct {
	Add      userAdd      `cmd:"" help:"Make an account. One with that address that exists is left as it is."`
	Export   userExport   `cmd:"" help:"Write everything that is kept about a person as JSON, without secrets."`
	Forget   userForget   `cmd:"" help:"Replace the person of an account that was switched off by a pseudonym, wherever the name stands."`
	Password userPassword `cmd:"" help:"Let a person set a password; prints only a link, good once, for 15 minutes."`
}

type userAdd struct {
	Email        string   `required:"" help:"Address; people sign in with it and get their mail there."`
	Name         string   `required:"" help:"The office, for example \"Standesamt Bautzen\"."`
	Role         []string `required:"" help:"clerk, approver, tenant_admin (municipality) or agent, lead, admin, auditor (provider); may be repeated."`
	Municipality string   `help:"AGS; leave out for the provider's people."`
	Locale       string   `default:"de" enum:"de,en" help:"Language: de or en."`
}

// Run makes the account.
func (u userAdd) Run(ctx context.Context, c *Config) error {
	n := models.NewUser{AGS: u.Municipality, Email: u.Email, Name: u.Name, Locale: u.Locale}
	for _, r := range u.Role {
		if !slices.Contains(models.Roles, models.Role(r)) {
			return &usageError{fmt.Errorf("--role %q is none; known are %v", r, models.Roles)}
		}
		if municipal := models.Role(r).Side() == models.Municipal; municipal && u.Municipality == "" {
			return &usageError{fmt.Errorf("--municipality is missing: --role %s is a municipality's (its AGS, for example 14625020)", r)}
		} else if !municipal && u.Municipality != "" {
			return &usageError{fmt.Errorf("leave out --municipality: --role %s is the provider's", r)}
		}
		n.Roles = append(n.Roles, models.Role(r))
	}
	return withStore(ctx, c, func(s *models.Store) error {
		added, err := s.AddUser(ctx, n)
		switch {
		case models.IsKind(err, models.NotFound):
			return fmt.Errorf("there is no municipality %s: import it first", u.Municipality)
		case models.IsKind(err, models.Invalid):
			return &usageError{err}
		case err != nil:
			return err
		case !added:
			return fmt.Errorf("%s has an account already", u.Email)
		}
		fmt.Printf("%s added\n", u.Email)
		return nil
	})
}

type formCommand struct {
	Add formAdd `cmd:"" help:"Make a form with the questionnaire's defaults, in maintenance until the municipality switches it on."`
}

type formAdd struct {
	Municipality string `arg:"" help:"AGS."`
	Assistant    string `arg:"" help:"Key, for example KOMM24Geburtsurkunde."`
}

// Run makes the form.
func (f formAdd) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		made, err := s.GoLive(ctx, f.Municipality, f.Assistant, nil, true)
		if err == nil && !made {
			err = errors.New("that form exists already")
		}
		if err == nil {
			fmt.Printf("%s/%s added, in maintenance\n", f.Municipality, f.Assistant)
		}
		return err
	})
}

type userPassword struct {
	Email string `required:"" help:"The account's address."`
}

// Run prints a personal link, and nothing else: nobody else ever knows the password.
func (u userPassword) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		if _, err := s.EnsureFactorKey(ctx, c.Data); err != nil { // so that the link is sealed
			return err
		}
		path, err := s.PersonalLink(ctx, u.Email)
		if models.IsKind(err, models.NotFound) {
			return fmt.Errorf("there is no account %q that is switched on", u.Email)
		}
		if err == nil {
			fmt.Println(strings.TrimRight(c.BaseURL, "/") + path)
		}
		return err
	})
}
