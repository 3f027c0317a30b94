// Command formwandel replaces the e-mail by which town halls ask for changes
// of their online forms: filed, approved on both sides, applied on time.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "dev"

// commands is the command line.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Answer requests, send mails, apply what is due."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database up to this program's schema."`
	Seed      seedCommand      `cmd:"" help:"Fill the database with demo data; doing it twice changes nothing."`
	User      userCommand      `cmd:"" help:"Accounts."`
	Form      formCommand      `cmd:"" help:"Forms: an assistant at a municipality."`
	Token     tokenCommand     `cmd:"" help:"API tokens."`
	Import    importCommand    `cmd:"" help:"Take over municipalities or an assistant's questionnaire."`
	Export    exportCommand    `cmd:"" help:"Write the record as JSON lines, without secrets."`
	Backup    backupCommand    `cmd:"" help:"Write everything into one file, while the server runs."`
	Restore   restoreCommand   `cmd:"" help:"Fill an empty database from a backup; sends no old mail, applies nothing twice."`
	Audit     auditCommand     `cmd:"" help:"Prove that the record is whole."`
	Retention retentionCommand `cmd:"" help:"Delete what has had its time; the server does so by itself once a day."`
	Redact    redactCommand    `cmd:"" help:"Take the words of one event out of a request's history, with a reason; the record stays whole."`
	Config    configCommand    `cmd:"" help:"Print the settings as they hold, without secrets."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// exitUsage is the exit status for wrong use and wrong settings.
const exitUsage = 2

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit status, so that deferred work is done.
func run(args []string) int {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("formwandel"),
		kong.Description("Change requests for online forms. Settings come from the environment: see README.md."))
	if err != nil {
		return complain(err, 1)
	}
	if len(args) == 0 {
		return complain(errors.New("what to do is missing, for example serve (formwandel --help shows the use)"), exitUsage)
	}
	call, err := parser.Parse(args)
	if err != nil {
		return complain(fmt.Errorf("%w (formwandel --help shows the use)", err), exitUsage)
	}
	c, err := readConfig()
	if err != nil {
		return complain(err, exitUsage)
	}
	log := newLog(c)
	slog.SetDefault(log)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	call.BindTo(ctx, (*context.Context)(nil))
	if err := call.Run(c, log); err != nil {
		var usage *usageError
		if errors.As(err, &usage) {
			return complain(err, exitUsage)
		}
		return complain(err, 1)
	}
	return 0
}

// usageError is a mistake of whoever called: exit status 2.
type usageError struct{ error }

// Unwrap is the mistake itself.
func (u *usageError) Unwrap() error { return u.error }

// complain says in one line what is wrong.
func complain(err error, status int) int {
	fmt.Fprintln(os.Stderr, "formwandel: "+strings.Join(strings.Fields(explain(err)), " "))
	return status
}

// newLog writes to standard error; standard output is for answers.
func newLog(c *Config) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
