package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"formwandel/models"
)

// openStore opens the records; the rehearsal clock is set by the clock that decides.
func openStore(ctx context.Context, c *Config) (*models.Store, error) {
	s, err := models.Open(models.Options{URL: c.DatabaseURL, Host: c.base.Hostname(), Team: c.TeamMail, Now: now})
	if err != nil {
		return nil, fmt.Errorf("%sDATABASE_URL: %w", prefix, err)
	}
	if c.start.IsZero() {
		return s, nil
	}
	real, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	s.SetOffset(c.start.Sub(real))
	return s, nil
}

// databaseThere refuses a SQLite file that nobody has made: opening it would make an empty one.
func databaseThere(url string) error {
	path, ok := strings.CutPrefix(url, "sqlite://")
	if !ok {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%sDATABASE_URL: there is no database %s; formwandel migrate makes one", prefix, path)
	}
	return nil // what else is wrong, opening it tells
}

// lockDatabase keeps a second server from the same SQLite file; commands may
// work beside the server. The lock goes with the process, however it ends.
func lockDatabase(url string) (*os.File, error) {
	path, ok := strings.CutPrefix(url, "sqlite://")
	if !ok {
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("%sDATABASE_URL: %w", prefix, err)
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%sDATABASE_URL: %w", prefix, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the lock is what matters
		return nil, fmt.Errorf("%s is in use by another formwandel serve; several instances need PostgreSQL", path)
	}
	return f, nil
}
