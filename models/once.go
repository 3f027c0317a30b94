package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"strconv"
	"time"
)

// Once makes a write happen once: the key belongs to the person, and the
// answer is kept with the effect, in the same transaction.
type Once struct {
	Key    string
	Body   []byte // method, path and body as they were sent
	Answer func(result any) (status int, location string, body []byte, err error)

	Kept *Kept // set when the answer comes from an earlier call
}

// Kept is an answer as it was given the first time.
type Kept struct {
	Status   int
	Location string
	Body     []byte
}

// keepAnswers is how long an answer is kept.
const keepAnswers = 30 * 24 * time.Hour

// idempotencyRow is a kept answer.
type idempotencyRow struct {
	UserID    int64
	Key       string
	Salt      string
	BodyHash  string
	Status    int
	Location  string
	Answer    string
	CreatedAt time.Time
	Seal      string
}

// TableName implements GORM's Tabler.
func (idempotencyRow) TableName() string { return "idempotency" }

// once runs a write at most once per key. fn returns what the answer is made
// of. Without a key it just runs. While the first call runs, another with the
// same key is refused.
func (s *Store) once(ctx context.Context, actor User, o *Once, fn func(*tx) (any, error)) error {
	if o == nil {
		return s.write(ctx, actor, func(t *tx) error { _, err := fn(t); return err })
	}
	name := strconv.FormatInt(actor.ID, 10) + "/" + o.Key
	if _, running := s.running.LoadOrStore(name, true); running {
		return conflict("still_running")
	}
	defer s.running.Delete(name)
	err := s.write(ctx, actor, func(t *tx) error {
		if err := t.lockKey(name); err != nil {
			return err
		}
		result, err := fn(t)
		if err != nil || o.Kept != nil {
			return err
		}
		return t.keep(actor, o, result)
	})
	if e, ok := errors.AsType[*Error](err); ok && e.Code == "answer_forged" { // what was witnessed was taken back with the rest
		return cmp.Or(s.Witness(ctx, SecurityEvent{Code: RowForged, AGS: actor.AGS, UserID: actor.ID, TokenID: actor.TokenID, Detail: "idempotency"}), err)
	}
	return err
}

// lockKey keeps another instance from running the same key at the same time.
func (t *tx) lockKey(name string) error {
	if !t.s.postgres {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	var free bool
	if err := t.db.Raw(`SELECT pg_try_advisory_xact_lock(?)`, int64(h.Sum64())).Row().Scan(&free); err != nil {
		return err
	}
	if !free {
		return conflict("still_running")
	}
	return nil
}

// answered looks for an answer given before; it sets o.Kept and returns a
// placeholder case, so that the caller does nothing more.
func (t *tx) answered(o *Once) (*Case, error) {
	if o == nil {
		return nil, nil
	}
	var row idempotencyRow
	err := t.db.Raw(`SELECT * FROM idempotency WHERE user_id = ? AND key = ? AND created_at > ?`, t.actor.ID, o.Key, t.now.Add(-keepAnswers)).Scan(&row).Error
	if err != nil || row.Key == "" {
		return nil, err
	}
	if sound, err := t.allSound(t.actor, "idempotency", "user_id = ? AND key = ?", t.actor.ID, o.Key); !sound || err != nil {
		return nil, cmp.Or(err, error(conflict("answer_forged")))
	}
	if row.BodyHash != bodyHash(row.Salt, o.Body) {
		return nil, &Error{Kind: Invalid, Code: "key_reused", Fields: []FieldError{{Field: "Idempotency-Key", Code: "key_reused"}}}
	}
	o.Kept = &Kept{row.Status, row.Location, []byte(row.Answer)}
	return &Case{}, nil
}

// keep stores the answer with the effect.
func (t *tx) keep(actor User, o *Once, result any) error {
	status, location, body, err := o.Answer(result)
	if err != nil {
		return err
	}
	t.do(`DELETE FROM idempotency WHERE user_id = ? AND key = ?`, actor.ID, o.Key) // older than kept, else it had been answered
	salt := randomHex(8)
	row := &idempotencyRow{actor.ID, o.Key, salt, bodyHash(salt, o.Body), status, location, string(body), t.now, ""}
	row.Seal = t.s.sealOfCells(sealedTableOf("idempotency"), map[string]any{
		"user_id": row.UserID, "key": row.Key, "salt": row.Salt, "body_hash": row.BodyHash, "status": row.Status, "location": row.Location, "answer": row.Answer, "created_at": row.CreatedAt,
	})
	t.insert(row)
	return nil
}

func bodyHash(salt string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(salt))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
