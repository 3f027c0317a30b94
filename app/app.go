package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers"
	"formwandel/mailer"
	"formwandel/models"
	"formwandel/templates"
)

// App is the whole program, wired.
type App struct {
	Config *Config
	Store  *models.Store
	Log    *slog.Logger

	web     *fiber.App
	metrics *handlers.Metrics // when they are shown elsewhere
	watched *http.Server      // there
	mail    *mailer.Worker
	lock    *os.File
	shown   *certificate // nil: TLS ends elsewhere
	listen  net.Listener
	ended   chan error // what the server ended with
	stop    context.CancelFunc
	workers sync.WaitGroup
}

// New opens the records, brings them up to date and wires the doors. It
// answers nobody yet.
func New(ctx context.Context, c *Config, log *slog.Logger) (*App, error) {
	a := &App{Config: c, Log: log}
	err := a.prepare(ctx)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) prepare(ctx context.Context) (err error) {
	c := a.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("%sDATA: %w", prefix, err)
	}
	if err := checkExposure(c.Data, a.Log); err != nil {
		return err
	}
	if a.lock, err = lockDatabase(c.DatabaseURL); err != nil {
		return err
	}
	if a.Store, err = openStore(ctx, c); err != nil {
		return err
	}
	if err := a.Store.Migrate(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	if guarded, err := a.Store.Guarded(ctx); err != nil {
		return err
	} else if !guarded {
		a.Log.Warn("the database role is a superuser or has BYPASSRLS: row-level security does not hold for it (docs/operations.md)")
	}
	if known, err := a.Store.EnsureFactorKey(ctx, c.Data); err != nil {
		return err
	} else if !known {
		a.Log.Warn("the key for second factors is not in the data folder: codes of apps can't be checked here; copy factors-*.key from where it was made (docs/operations.md)")
	}
	if err := errors.Join(a.Store.EnsureSealKey(ctx, c.Data), a.Store.RecordKeys(ctx), a.Store.FreeLeases(ctx), a.Store.RefreshCatalogue(ctx), a.checkPasskeys(ctx)); err != nil {
		return err
	}
	if c.TLSCert != "" {
		if a.shown, err = newCertificate(c.TLSCert, c.TLSKey, now, a.Log, a.tellCertificate); err != nil {
			return err
		}
	}
	sender, err := mailer.NewSender(c.SMTPURL, c.Data, c.BaseURL)
	if err != nil {
		return fmt.Errorf("%sSMTP_URL: %w", prefix, err)
	}
	if a.mail, err = mailer.New(mailer.Config{Outbox: a.Store, Sender: sender, From: c.MailFrom, BaseURL: c.BaseURL, Log: a.Log, Now: now, Name: instance(), Workers: mailWorkers, Batch: mailBatch, Lease: mailLease}); err != nil {
		return fmt.Errorf("%sMAIL_FROM: %w", prefix, err)
	}
	if err := errors.Join(templates.CheckAssets(), templates.ReplaceTexts(filepath.Join(c.Data, "texte"))); err != nil {
		return err
	}
	if c.MetricsAddr != "" {
		a.metrics = handlers.NewMetrics(a.Store)
	}
	a.web, err = handlers.New(handlers.Config{
		Store: a.Store, BaseURL: c.BaseURL, Hosts: []string{c.base.Host}, Version: version, Rehearsal: c.Env == "rehearsal", Log: a.Log, Now: now,
		Settings: c.shown(), Data: c.Data, Letters: func(ctx context.Context, who models.User) error {
			_, err := forgetLetters(ctx, a.Store, c.Data, false, who.ID, who.Email, who.Name)
			return err
		}, Kept: func() ([]models.Checkpoint, error) { return keptCheckpoints(c, nil) },
		Proxies: c.proxies, Rate: c.Rate, Scan: c.scan, Metrics: a.metrics,
		Contact: c.Contact, Policy: c.Policy, Beneath: c.Beneath == "true",
		Identities: c.identities,
	})
	return err
}

// tellCertificate writes into the security log what became of a certificate; no handshake waits for it.
func (a *App) tellCertificate(detail string) {
	store := a.Store
	a.workers.Go(func() {
		if err := store.Witness(context.Background(), models.SecurityEvent{Code: models.CertificateLoaded, Detail: detail}); err != nil {
			a.Log.Error("the security log could not be written", "error", err)
		}
	})
}

// mailWorkers is how many mails are sent at the same time, each worker on one kept connection. Twice as many would send a tenth
// or two more, and be refused by servers that take ten connections of one client.
const mailWorkers = 6

// mailBatch is how many mails a worker takes at once.
const mailBatch = 80

// mailLease is how long the mails of an instance that died wait for another one; a living one renews it.
const mailLease = 30 * time.Second

// instance names this process in leases.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s.%d", host, os.Getpid())
}

// Start begins to answer, to send and to keep time. It returns the address.
func (a *App) Start() (string, error) {
	l, err := net.Listen("tcp", a.Config.Addr)
	if err != nil {
		return "", fmt.Errorf("%sADDR: %w", prefix, err)
	}
	if faults := templates.LawTextFaults(now()); len(faults) > 0 {
		a.Log.Warn("texts of the law are not finished (docs/security/hardening.md)", "faults", strings.Join(faults, ", "))
	}
	if err := a.watch(); err != nil {
		return "", errors.Join(err, l.Close())
	}
	l = a.guests(l)
	if a.shown != nil {
		l = encrypt(l, spoken(a.shown), handshakeTime)
	}
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	a.workers.Go(func() { (&clock{store: a.Store, config: a.Config, log: a.Log}).run(ctx) })
	a.workers.Go(func() { a.mail.Run(ctx) })
	a.workers.Go(func() { a.Store.Listen(ctx, a.Log) })
	a.answer(l)
	return l.Addr().String(), nil
}

// answer begins to answer whoever comes.
func (a *App) answer(l net.Listener) {
	a.listen, a.ended = l, make(chan error, 1)
	a.workers.Go(func() { a.ended <- a.web.Listener(l) })
}

// Wait waits until the program is told to stop. A server that ends before that is an error: who supervises the program shall start it again.
func (a *App) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.ended:
		return errors.Join(errors.New("the server ended by itself"), err)
	}
}

// grace is how long a stop waits for what has begun.
const grace = 8 * time.Second

// Stop finishes what has begun: requests being answered, the step the clock
// is taking, the mail in hand.
func (a *App) Stop() error {
	err := errors.Join(a.web.ShutdownWithTimeout(grace), a.unwatch())
	if a.listen != nil { // a server that has not begun yet knows no listener to close, and would begin afterwards
		if e := a.listen.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if a.stop != nil {
		a.stop()
	}
	a.workers.Wait()
	return errors.Join(err, a.Close())
}

// Close closes the records.
func (a *App) Close() error {
	var err error
	if a.Store != nil {
		err = a.Store.Close()
		a.Store = nil
	}
	if a.lock != nil {
		err = errors.Join(err, a.lock.Close())
		a.lock = nil
	}
	return err
}
