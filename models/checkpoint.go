package models

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Checkpoint is a signed statement of where every chain ends: whoever has one
// can prove later that nothing before it was changed. docs/record.md describes
// the text and how to check it without this program.
type Checkpoint struct {
	Installation string // host of the base URL
	Number       int64  // 1, 2, … without gaps
	At           time.Time
	Chains       int
	Digest       string // SHA-256 of the lines of the chains
	Previous     string // SHA-256 of the statement before, "none" for the first
	Key          string // id of the key that signed
	Signature    string // Ed25519 over the statement, base64
	Heads        []Head // nil where only the statement is known
}

// checkpointRow is a checkpoint as it is kept: the words that were signed.
type checkpointRow struct {
	Number    int64
	At        time.Time
	Statement string
	Signature string
	Heads     string
}

// TableName implements GORM's Tabler.
func (checkpointRow) TableName() string { return "checkpoints" }

// noPrevious stands for the predecessor of the first checkpoint.
const noPrevious = "none"

// flaw is what is wrong with a checkpoint by itself, "" for nothing.
func (c Checkpoint) flaw(keys []SigningKey) string {
	signature, err := base64.StdEncoding.Strict().DecodeString(c.Signature)
	for _, k := range keys {
		switch {
		case k.ID != c.Key:
			continue
		case err != nil || k.public() == nil || !ed25519.Verify(k.public(), []byte(c.Statement()), signature):
			return "signature is not of its key"
		case c.Heads != nil && (len(c.Heads) != c.Chains || sha256Hex(headLines(c.Heads)) != c.Digest):
			return "lines of the chains are not the ones that were signed"
		}
		return ""
	}
	return "signed with a key that is not known: " + c.Key
}

// Checkpoint signs where every chain ends, keeps it, and writes it to the
// auditors and to address, if any. The signing key is in dir, made the first time.
func (s *Store) Checkpoint(ctx context.Context, dir, address string) (Checkpoint, error) {
	var c Checkpoint
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		k, err := t.signer(dir)
		if err != nil {
			return err
		}
		if err := t.flush(); err != nil {
			return err
		}
		to, err := t.readers(address)
		if err != nil {
			return err
		}
		c, err = t.checkpoint(k, to)
		return err
	})
	return c, err
}

// readers are those who are sent every checkpoint: the auditors, but none of a demonstration, and address.
func (t *tx) readers(address string) ([]recipient, error) {
	var out []recipient
	err := t.db.Raw(`SELECT u.email, u.locale FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.active AND NOT u.demo AND r.role = 'auditor' ORDER BY u.id`).Scan(&out).Error
	if address != "" {
		out = append(out, recipient{Email: address, Locale: "de"})
	}
	return out, err
}

// checkpoint signs what the chains' rows say now. The event that tells of it comes behind.
func (t *tx) checkpoint(k signer, to []recipient) (Checkpoint, error) {
	c := Checkpoint{Installation: t.s.host, Number: 1, At: t.now, Previous: noPrevious, Key: k.ID}
	err := t.db.Raw(`SELECT ags AS chain, seq, hash FROM chains WHERE seq > 0 ORDER BY ags`).Scan(&c.Heads).Error
	if err != nil {
		return c, err
	}
	var last checkpointRow
	if err := t.db.Raw(`SELECT * FROM checkpoints ORDER BY number DESC LIMIT 1`).Scan(&last).Error; err != nil {
		return c, err
	}
	if last.Number > 0 {
		c.Number, c.Previous = last.Number+1, sha256Hex(last.Statement)
	}
	lines := headLines(c.Heads)
	c.Chains, c.Digest = len(c.Heads), sha256Hex(lines)
	c.Signature = base64.StdEncoding.EncodeToString(k.sign(c.Statement()))
	t.must(1, `INSERT INTO checkpoints (number, at, statement, signature, heads) VALUES (?, ?, ?, ?, ?)`, c.Number, c.At, c.Statement(), c.Signature, lines)
	t.witness(SecurityEvent{Code: CheckpointMade, Detail: strconv.FormatInt(c.Number, 10)})
	d := EventData{Subject: "checkpoint " + strconv.FormatInt(c.Number, 10), File: c.Hash()}
	if err := t.db.Raw(`SELECT last FROM security_ends`).Scan(&d.Seen).Error; err != nil {
		return c, err
	}
	e, err := t.record(Event{ActorID: t.by(), Action: "checkpoint"}, d)
	for _, p := range to {
		p.role = "auditor"
		t.post(e, MailCheckpoint, p, nil)
	}
	return c, err
}

// CheckpointDue tells whether a day has begun in Berlin since the last checkpoint, or since the record began.
func (s *Store) CheckpointDue(ctx context.Context) (bool, error) {
	ctx = asInstallation(ctx)
	now, err := s.Now(ctx)
	if err != nil {
		return false, err
	}
	var last []time.Time
	err = s.reader.WithContext(ctx).Raw(`SELECT at FROM checkpoints ORDER BY number DESC LIMIT 1`).Scan(&last).Error
	if err == nil && len(last) == 0 {
		err = s.reader.WithContext(ctx).Raw(`SELECT at FROM events WHERE ags = ? ORDER BY seq LIMIT 1`, Installation).Scan(&last).Error
	}
	return len(last) > 0 && today(last[0]).Before(today(now)), trouble(err)
}

// Checkpoints lists checkpoints, newest first, with the numbers below before (0: from the newest).
// Only their statements are read: anybody may ask for the list, and each has a line for every chain.
func (s *Store) Checkpoints(ctx context.Context, before int64, limit int) ([]Checkpoint, error) {
	ctx = asInstallation(ctx)
	db := s.reader.WithContext(ctx).Select("number", "at", "statement", "signature").Order("number DESC").Limit(limit)
	if before > 0 {
		db = db.Where("number < ?", before)
	}
	var rows []checkpointRow
	if err := db.Find(&rows).Error; err != nil {
		return nil, trouble(err)
	}
	out := make([]Checkpoint, 0, len(rows))
	for _, r := range rows {
		c, err := r.read()
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", r.Number, err)
		}
		c.Heads = nil
		out = append(out, c)
	}
	return out, nil
}

// CheckpointNumbered reads one, with the lines of all chains.
func (s *Store) CheckpointNumbered(ctx context.Context, number int64) (Checkpoint, error) {
	ctx = asInstallation(ctx)
	var r checkpointRow
	if err := s.reader.WithContext(ctx).Raw(`SELECT * FROM checkpoints WHERE number = ?`, number).Scan(&r).Error; err != nil {
		return Checkpoint{}, trouble(err)
	}
	if r.Number == 0 {
		return Checkpoint{}, notFound("checkpoint")
	}
	c, err := r.read()
	if err != nil {
		return c, fmt.Errorf("checkpoint %d: %w", r.Number, err)
	}
	return c, nil
}

// read makes a checkpoint of its row.
func (r checkpointRow) read() (Checkpoint, error) {
	c, err := ReadCheckpoint(r.Statement + "signature: " + r.Signature + "\n\n" + r.Heads)
	if err == nil && (c.Number != r.Number || !c.At.Equal(r.At) || c.Statement() != r.Statement) {
		err = errors.New("its columns are not what its statement says")
	}
	if c.Heads == nil {
		c.Heads = []Head{}
	}
	return c, err
}
