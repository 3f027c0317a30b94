package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"formwandel/models"
)

type exportCommand struct {
	Municipality string `help:"Only this municipality (AGS)."`
	File         string `arg:"" optional:"" help:"Where to; standard output if left out."`
}

// Run writes JSON lines.
func (e exportCommand) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		exported(ctx, s, "export "+e.Municipality)
		if e.File == "" {
			return s.Export(ctx, e.Municipality, os.Stdout)
		}
		return writeFile(e.File, func(w io.Writer) error { return s.Export(ctx, e.Municipality, w) })
	})
}

type backupCommand struct {
	File      string   `arg:"" help:"Where to; must not exist."`
	Recipient []string `help:"Encrypt it for this public key of age (age1…); may be repeated."`
}

// Run writes a backup that is either whole or not there.
func (b backupCommand) Run(ctx context.Context, c *Config) error {
	if _, err := os.Stat(b.File); err == nil {
		return &usageError{fmt.Errorf("%s exists already", b.File)}
	}
	to, err := recipients(b.Recipient)
	if err != nil {
		return err
	}
	return withStore(ctx, c, func(s *models.Store) error {
		exported(ctx, s, "backup")
		var m models.Manifest
		err := writeFile(b.File, encrypted(to, func(w io.Writer) (err error) { m, err = s.Backup(ctx, w); return err }))
		if err == nil {
			fmt.Printf("%s: %d requests, %d events, audit head %s\n", b.File, m.Rows["requests"], m.Rows["events"], m.Head)
		}
		return err
	})
}

// writeFile writes a file that only the operator reads, whole or not at all.
func writeFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return &usageError{err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(write(buffered), buffered.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

type restoreCommand struct {
	File     string `arg:"" help:"A file that backup wrote."`
	Identity string `help:"The file with the private key, if the backup is encrypted (as age-keygen writes it)."`
}

// Run fills an empty database.
func (r restoreCommand) Run(ctx context.Context, c *Config) error {
	f, err := openInput(r.File)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := decrypted(f, r.Identity)
	if err != nil {
		return err
	}
	lock, err := lockDatabase(c.DatabaseURL)
	if err != nil {
		return err
	}
	if lock != nil {
		defer lock.Close()
	}
	return withOpen(ctx, c, (*models.Store).Migrate, func(s *models.Store) error {
		m, err := s.Restore(ctx, plain)
		if err == nil {
			err = putEndsAside(c)
		}
		if err == nil {
			fmt.Printf("restored: %d requests, %d events, audit head %s; mails that still waited are held back (see the outbox)\n", m.Rows["requests"], m.Rows["events"], m.Head)
		}
		return err
	})
}

// exported writes into the security log that data go out. A database that takes
// nothing more must still give them out: that is said, and held against nobody.
func exported(ctx context.Context, s *models.Store, what string) {
	if err := s.Witness(ctx, models.SecurityEvent{Code: models.Exported, Detail: strings.TrimSpace(what)}); err != nil {
		fmt.Fprintln(os.Stderr, "formwandel: not written into the security log:", err)
	}
}
