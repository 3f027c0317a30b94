package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"formwandel/models"
)

type auditCommand struct {
	Verify     auditVerify     `cmd:"" help:"Recompute every chain; names what was changed, removed or reordered. Exit status 0: whole; 1: not whole, or the database can't be read; 2: wrong use, or a file that can't be read."`
	Head       auditHead       `cmd:"" help:"Print the end of every chain; keep it elsewhere and compare later."`
	Checkpoint auditCheckpoint `cmd:"" help:"Sign where every chain ends now, and print it; the server does it daily."`
	Key        auditKey        `cmd:"" help:"Print the public keys that checkpoints are signed with."`
	Security   auditSecurity   `cmd:"" help:"Print the security log as JSON lines, oldest first."`
}

type auditVerify struct {
	Against      string   `help:"A file that audit head wrote earlier." type:"path"`
	Export       string   `help:"Look at this file, which export wrote, instead of the database." type:"path" xor:"what"`
	Backup       string   `help:"Look at this file, which backup wrote, instead of the database." type:"path" xor:"what"`
	Receipt      string   `help:"Look at this receipt of a request, by itself and, with --export or --backup, against the record." type:"path"`
	Checkpoint   []string `help:"Checkpoints kept elsewhere: files, or mails that brought them; may be repeated. Those in the data folder are always taken where the database is looked at." type:"path"`
	Key          []string `help:"Trust only signatures of these public keys (files as audit key prints them); may be repeated." type:"path"`
	Municipality string   `help:"The file holds only this municipality (AGS)."`
}

// Run prints every finding, one a line.
func (a auditVerify) Run(ctx context.Context, c *Config) error {
	ev, err := a.evidence(c)
	if err != nil {
		return err
	}
	if a.Receipt != "" {
		return a.receipt(ctx, c, ev)
	}
	r, err := a.look(ctx, c, ev)
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		fmt.Println(f)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(os.Stderr, "note:", note)
	}
	if len(r.Findings) > 0 {
		return fmt.Errorf("the record is not whole: %d findings", len(r.Findings))
	}
	fmt.Printf("whole: %d events, %d versions, %d requests, %d checkpoints\n", r.Events, r.Versions, r.Requests, r.Checkpoints)
	return nil
}

// look audits the database, or a file without any.
func (a auditVerify) look(ctx context.Context, c *Config, ev models.Evidence) (r *models.Report, err error) {
	name := a.Export + a.Backup
	if name == "" {
		err = withStore(ctx, c, func(s *models.Store) error { r, err = s.Audit(ctx, ev); return err })
		return r, err
	}
	f, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if r, err = models.AuditFile(ctx, f, ev); err != nil {
		err = &usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return r, err
}

// evidence reads what the record is held against.
func (a auditVerify) evidence(c *Config) (models.Evidence, error) {
	ev := models.Evidence{Municipality: a.Municipality, Progress: func(n int) { fmt.Fprintf(os.Stderr, "%d events\n", n) }}
	var err error
	if a.Against != "" {
		if ev.Heads, err = readHeads(a.Against); err != nil {
			return ev, err
		}
	}
	if a.Export+a.Backup+a.Receipt == "" {
		if ev.Noted, err = notedEnds(c); err != nil {
			return ev, &usageError{err}
		}
		ev.Checkpoints, err = keptCheckpoints(c, a.Checkpoint)
	} else {
		ev.Checkpoints, err = readCheckpoints(a.Checkpoint)
	}
	if err != nil {
		return ev, err
	}
	for _, name := range a.Key {
		text, err := readInput(name)
		if err != nil {
			return ev, err
		}
		k, err := models.ReadSigningKey(string(text))
		if err != nil {
			return ev, &usageError{fmt.Errorf("%s: %w", name, err)}
		}
		ev.Keys = append(ev.Keys, k)
	}
	return ev, nil
}

// keptCheckpoints are those of the data folder, and of more files.
func keptCheckpoints(c *Config, more []string) ([]models.Checkpoint, error) {
	own, err := filepath.Glob(filepath.Join(checkpointFolder(c), "*.txt"))
	if err != nil {
		return nil, err
	}
	return readCheckpoints(slices.Concat(own, more))
}

// readCheckpoints reads checkpoints from files.
func readCheckpoints(files []string) (out []models.Checkpoint, err error) {
	for _, name := range files {
		text, err := readInput(name)
		if err != nil {
			return nil, err
		}
		found, err := models.ReadCheckpoints(text)
		if err != nil {
			return nil, &usageError{fmt.Errorf("%s: %w", name, err)}
		}
		out = append(out, found...)
	}
	return out, nil
}

// receipt tells whether a receipt is genuine, and whether the record still says what it says.
func (a auditVerify) receipt(ctx context.Context, c *Config, ev models.Evidence) error {
	text, err := readInput(a.Receipt)
	if err != nil {
		return err
	}
	receipt, err := models.ReadReceipt(text)
	if err != nil {
		return &usageError{fmt.Errorf("%s: %w", a.Receipt, err)}
	}
	if len(ev.Keys) == 0 {
		return &usageError{errors.New("--receipt needs --key: whose signature counts")}
	}
	flaws := receipt.Flaws(ev.Keys)
	if a.Export+a.Backup != "" {
		ev.Heads = append(ev.Heads, receipt.Places()...)
		r, err := a.look(ctx, c, ev)
		if err != nil {
			return err
		}
		for _, f := range r.Findings {
			flaws = append(flaws, f.String())
		}
	}
	for _, f := range flaws {
		fmt.Println(f)
	}
	if len(flaws) > 0 {
		return fmt.Errorf("the receipt does not hold: %d findings", len(flaws))
	}
	fmt.Printf("holds: %s, %d events\n%s\n", receipt.Number, len(receipt.Events), receipt.Names())
	return nil
}

// readInput reads a small file that whoever calls has named.
func readInput(name string) ([]byte, error) {
	f, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<20))
}

// readHeads reads what audit head printed.
func readHeads(name string) ([]models.Head, error) {
	f, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []models.Head
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "all ") || lines.Text() == "" {
			continue
		}
		h, err := models.ReadHead(lines.Text())
		if err != nil {
			return nil, &usageError{fmt.Errorf("%s:%d: %w", name, n, err)}
		}
		out = append(out, h)
	}
	return out, lines.Err()
}

type auditHead struct{}

// Run prints one line a chain, and one digest over all of them.
func (auditHead) Run(ctx context.Context, c *Config) error {
	return withStore(ctx, c, func(s *models.Store) error {
		heads, digest, err := s.Heads(ctx)
		for _, h := range heads {
			fmt.Println(h)
		}
		if err == nil {
			fmt.Println("all", len(heads), digest)
		}
		return err
	})
}

type auditSecurity struct {
	Since time.Duration `default:"72h" help:"How far back, for example 72h."`
}

// Run prints one JSON object a line.
func (a auditSecurity) Run(ctx context.Context, c *Config) error {
	if a.Since <= 0 {
		return &usageError{errors.New("--since must be longer than nothing")}
	}
	return withStore(ctx, c, func(s *models.Store) error {
		out := json.NewEncoder(os.Stdout)
		return s.EachSecurity(ctx, a.Since, func(e models.SecurityEntry) error { return out.Encode(e) })
	})
}
