package models

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The words of a checkpoint: what is signed, what is published, what is kept, and how they are read again.

// Statement is the text that is signed.
func (c Checkpoint) Statement() string {
	return fmt.Sprintf("formwandel checkpoint 1\ninstallation: %s\nnumber: %d\nat: %s\nchains: %d\ndigest: %s\nprevious: %s\nkey: %s\n",
		c.Installation, c.Number, stamp(c.At), c.Chains, c.Digest, c.Previous, c.Key)
}

// Hash is what the next checkpoint names as its predecessor.
func (c Checkpoint) Hash() string { return sha256Hex(c.Statement()) }

// Short is the statement with its signature: all that is published, because
// the lines of the chains would show how much each municipality does.
func (c Checkpoint) Short() string { return c.Statement() + "signature: " + c.Signature + "\n" }

// Text is everything: the statement, its signature, and the line of every chain.
func (c Checkpoint) Text() string { return c.Short() + "\n" + headLines(c.Heads) }

// headLines are the ends of chains, one a line, by AGS.
func headLines(hs []Head) string {
	var b strings.Builder
	for _, h := range hs {
		fmt.Fprintf(&b, "%s %d %s\n", h.Chain, h.Seq, h.Hash)
	}
	return b.String()
}

// ReadCheckpoint reads the text of a checkpoint, whole or short. Text around it,
// as a mail program adds it, and spaces before its lines are not taken for part of it.
func ReadCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	bad := errors.New("this is no checkpoint of Formwandel")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	i := strings.Index(text, "formwandel checkpoint 1\n")
	if i < 0 {
		return c, bad
	}
	lines := strings.SplitAfter(text[i:], "\n")
	if len(lines) < 9 {
		return c, bad
	}
	var at string
	for n, into := range map[int]any{1: &c.Installation, 2: &c.Number, 3: &at, 4: &c.Chains, 5: &c.Digest, 6: &c.Previous, 7: &c.Key, 8: &c.Signature} {
		_, value, ok := strings.Cut(strings.TrimSpace(lines[n]), ": ")
		if !ok {
			return c, bad
		}
		if _, err := fmt.Sscan(value, into); err != nil {
			return c, bad
		}
	}
	c.At, _ = time.Parse(time.RFC3339Nano, at) // what is no instant differs below
	if c.Short() != strings.Join(trimmed(lines[:9]), "") {
		return c, bad
	}
	return c, c.readHeads(lines[9:])
}

// trimmed are lines without the spaces around them.
func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimSpace(l) + "\n"
	}
	return out
}

// readHeads reads the lines of the chains, if there are any.
func (c *Checkpoint) readHeads(lines []string) error {
	for i, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		h, err := ReadHead(l)
		if err != nil || !agsPattern.MatchString(h.Chain) {
			if c.Heads == nil && !slices.ContainsFunc(lines[i+1:], isHead) {
				return nil // words of whoever passed it on
			}
			return fmt.Errorf("line %d of the chains: want \"chain sequence hash\"", i)
		}
		c.Heads = append(c.Heads, h)
	}
	return nil
}

// isHead tells whether a line is the end of a chain.
func isHead(line string) bool {
	h, err := ReadHead(line)
	return err == nil && agsPattern.MatchString(h.Chain)
}

// ReadCheckpoints reads several, one after another in a text, or in a mail as it was saved.
func ReadCheckpoints(text []byte) ([]Checkpoint, error) {
	text, err := plainWords(text)
	if err != nil {
		return nil, err
	}
	var out []Checkpoint
	for i, part := range bytes.Split(text, []byte("formwandel checkpoint 1\n"))[1:] {
		c, err := ReadCheckpoint("formwandel checkpoint 1\n" + string(part))
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d of the file: %w", i+1, err)
		}
		out = append(out, c)
	}
	if out == nil {
		return nil, errors.New("there is no checkpoint in it")
	}
	return out, nil
}
