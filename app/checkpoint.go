package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"formwandel/models"
	"formwandel/models/calendar"
)

type auditCheckpoint struct{}

// Run makes a checkpoint, keeps it and prints it.
func (auditCheckpoint) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		made, err := makeCheckpoint(ctx, s, c)
		if err == nil {
			fmt.Print(made.Text())
		}
		return err
	})
}

// makeCheckpoint makes a checkpoint and keeps its text as a file, too.
func makeCheckpoint(ctx context.Context, s *models.Store, c *Config) (models.Checkpoint, error) {
	made, err := s.Checkpoint(ctx, c.Data, c.CheckpointMail)
	if err != nil {
		return made, err
	}
	return made, keepCheckpoint(c, made)
}

// checkpointFolder is where the texts of checkpoints are.
func checkpointFolder(c *Config) string { return filepath.Join(c.Data, "checkpoints") }

// keepCheckpoint writes a checkpoint's text into the data folder.
func keepCheckpoint(c *Config, made models.Checkpoint) error {
	dir := checkpointFolder(c)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d.txt", calendar.DayOf(made.At), made.Number)
	return writeFile(filepath.Join(dir, name), func(w io.Writer) error { _, err := io.WriteString(w, made.Text()); return err })
}

type auditKey struct {
	Renew bool `help:"Make a new key in the data folder; what was signed with the old one stays valid."`
}

// Run prints every public key, the one in use first.
func (a auditKey) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		if a.Renew {
			if _, err := s.RenewSigningKey(ctx, c.Data); err != nil {
				return err
			}
		}
		keys, err := s.SigningKeys(ctx)
		if err == nil && len(keys) == 0 {
			err = errors.New("there is no key yet: the first checkpoint makes it (formwandel audit checkpoint)")
		}
		for _, k := range keys {
			until := "in use"
			if k.RetiredAt != nil {
				until = "until " + k.RetiredAt.UTC().Format("2006-01-02T15:04:05Z")
			}
			fmt.Printf("key %s from %s %s\n%s", k.ID, k.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"), until, k.PEM())
		}
		return err
	})
}

// seal makes the day's checkpoint when its day has begun.
func seal(ctx context.Context, s *models.Store, c *Config, log *slog.Logger) error {
	due, err := s.CheckpointDue(ctx)
	if err != nil || !due {
		return err
	}
	if err := s.RecordKeys(ctx); err != nil { // an installation that began empty has something to say of them by now
		return err
	}
	made, err := makeCheckpoint(ctx, s, c)
	if err == nil {
		log.Info("the record's checkpoint is signed", "number", made.Number, "chains", made.Chains)
	}
	return err
}
