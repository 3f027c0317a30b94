package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"formwandel/models"
)

// noting is how often the server notes where the record ends.
const noting = 10 * time.Second

// reminding is how often the log says anew that the record has gone back, or that nothing can be noted.
const reminding = time.Hour

// endsFile is where it is noted.
func endsFile(c *Config) string { return filepath.Join(c.Data, "ends.txt") }

// notedEnds reads the note; none is empty.
func notedEnds(c *Config) (models.Ends, error) {
	text, err := os.ReadFile(endsFile(c))
	if errors.Is(err, fs.ErrNotExist) {
		return models.Ends{}, nil
	}
	if err != nil {
		return models.Ends{}, err
	}
	e, err := models.ReadEnds(string(text))
	if err != nil {
		err = fmt.Errorf("%s: %w", endsFile(c), err)
	}
	return e, err
}

// putEndsAside keeps the note of a record that another one takes the place of, by the operator's will.
func putEndsAside(c *Config) error {
	err := os.Rename(endsFile(c), endsFile(c)+".before-restore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// note notes where the record ends, unless it has gone back behind the last note: then that one stays as evidence, the security log
// hears of it once in the life of a process, and this program's log every hour.
func (k *clock) note(ctx context.Context) error {
	noted, err := notedEnds(k.config)
	if err != nil {
		return err
	}
	ends, err := k.store.Ends(ctx)
	if err != nil || ends.Installation == "" || ends.Text() == noted.Text() {
		return err
	}
	lost, err := k.store.Lost(ctx, noted, ends)
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		return k.tellLost(ctx, lost)
	}
	return writeFile(endsFile(k.config), func(w io.Writer) error { _, err := io.WriteString(w, ends.Text()); return err })
}

// watch looks whether somebody has moved rows past the program: the security log hears of it once in the life of a process, and this
// program's log every hour.
func (k *clock) watch(ctx context.Context) error {
	moved, err := k.store.MovedPast(ctx)
	if at := now(); len(moved) > 0 && at.Sub(k.warned) > reminding {
		first := k.warned.IsZero()
		k.warned = at
		k.log.Error("rows were put in, changed or taken away past the program: run `formwandel audit verify`", "first", moved[0].Where)
		if first {
			err = k.store.Witness(ctx, models.SecurityEvent{Code: models.RecordBroken, Detail: "rows"})
		}
	}
	return err
}

// lastNote notes it once more when the server stops.
func (k *clock) lastNote(ctx context.Context) {
	short, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if err := k.note(short); err != nil {
		k.log.Warn("it was not noted where the record ends", "error", err)
	}
}

// tellLost says that the record has gone back.
func (k *clock) tellLost(ctx context.Context, lost []models.Finding) error {
	if at := now(); at.Sub(k.told) > reminding {
		first := k.told.IsZero()
		k.told = at
		k.log.Error("the record has gone back to an earlier moment: run `formwandel audit verify`; if that was your own doing, move the file away", "places", len(lost), "first", lost[0].String(), "file", endsFile(k.config))
		if first {
			return k.store.Witness(ctx, models.SecurityEvent{Code: models.RecordBroken, Detail: "ends"})
		}
	}
	return nil
}
