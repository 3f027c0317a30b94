package models

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Keeping is a rule that says how long something is kept, and when its time is over.
type Keeping struct {
	Key   string // stable: drafts, requests, accounts, mails, security
	Years bool   // the unit: years, else days
	Keep  int    // how many of them
	Least int    // fewer are refused
	Most  int
}

// keepings are the rules with what holds until somebody says otherwise.
var keepings = []Keeping{
	{"drafts", false, 90, 7, 3650},   // nobody has touched them for so long: withdrawn, and emptied
	{"requests", true, 10, 1, 100},   // done for so long: what people typed and enclosed is deleted
	{"accounts", true, 3, 1, 100},    // switched off for so long: the person is forgotten
	{"mails", false, 180, 30, 36500}, // sent or refused so long ago: deleted
	{"security", false, 90, 7, 3650}, // lines of the security log: deleted
}

// before is the instant up to which a rule's time is over.
func (k Keeping) before(now time.Time) time.Time {
	if k.Years {
		return now.AddDate(-k.Keep, 0, 0)
	}
	return now.AddDate(0, 0, -k.Keep)
}

// keepSetting begins the names of the settings in the database.
const keepSetting = "keep."

// Keepings are the rules as they hold now.
func (s *Store) Keepings(ctx context.Context, u User) ([]Keeping, error) {
	ctx = as(ctx, u)
	if err := u.refused(SeeRetention, ""); err != nil {
		return nil, err
	}
	return s.keepings(ctx)
}

func (s *Store) keepings(ctx context.Context) ([]Keeping, error) {
	var rows []struct{ Name, Value string }
	if err := s.reader.WithContext(ctx).Raw(`SELECT name, value FROM settings WHERE name LIKE 'keep.%'`).Scan(&rows).Error; err != nil {
		return nil, trouble(err)
	}
	out := make([]Keeping, len(keepings))
	for i, k := range keepings {
		for _, r := range rows {
			if n, err := strconv.Atoi(r.Value); r.Name == keepSetting+k.Key && err == nil && n >= k.Least && n <= k.Most {
				k.Keep = n
			}
		}
		out[i] = k
	}
	return out, nil
}

// SetKeepings changes how long things are kept, by the rules' keys.
func (s *Store) SetKeepings(ctx context.Context, u User, keep map[string]int, o *Once) error {
	ctx = as(ctx, u)
	if err := u.refused(SetRetention, ""); err != nil {
		return err
	}
	if err := checkKeepings(keep); err != nil {
		return err
	}
	text, err := json.Marshal(keep)
	if err != nil {
		return err
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(Installation); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		for _, k := range keepings {
			if n, ok := keep[k.Key]; ok {
				t.touches("settings", "name = ?", keepSetting+k.Key)
				t.do(`INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, keepSetting+k.Key, strconv.Itoa(n))
			}
		}
		_, err := t.record(Event{ActorID: &u.ID, Action: "retention_policy", Comment: string(text)}, EventData{Subject: "retention"})
		t.witness(SecurityEvent{Code: PolicyChanged, UserID: u.ID, TokenID: u.TokenID, Detail: "retention"})
		return keep, err
	})
}

// checkKeepings refuses periods out of bounds, and those of what nobody keeps.
func checkKeepings(keep map[string]int) error {
	var f findings
	for _, k := range keepings {
		if n, ok := keep[k.Key]; ok && (n < k.Least || n > k.Most) {
			f.add(k.Key, "keep_range", "least", k.Least, "most", k.Most)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keep)) { // what is recorded and not kept, an audit would miss for ever
		if !slices.ContainsFunc(keepings, func(k Keeping) bool { return k.Key == key }) {
			f.add(key, "unknown_name")
		}
	}
	return f.err()
}

// Expired is what one rule finds, and what a run has done about it.
type Expired struct {
	Keeping
	Before   time.Time  // what is older has had its time
	Count    int64      // how much that is
	Oldest   *time.Time `json:",omitempty"`
	Examples []string   `json:",omitempty"` // the oldest by number or id, never by name
	Done     int64      // of it; 0 when nothing was to be done yet
	KeptText int64      `json:",omitempty"` // events whose words are part of an old hash and stay

	Held      int64    `json:",omitempty"` // left, because the record says otherwise than their rows: `audit verify` names what is wrong
	HeldNames []string `json:",omitempty"` // some of them
}

// examples is how many of what expired are named.
const examples = 5

// expiring are for each rule the rows whose time is over, the oldest first; one placeholder for the instant.
var expiring = map[string]string{
	"drafts":   `SELECT number AS name, updated_at AS at FROM requests WHERE status = 'draft' AND updated_at <= ?`,
	"requests": `SELECT number AS name, updated_at AS at FROM requests WHERE status IN ('accepted', 'rejected', 'withdrawn') AND NOT planned AND emptied_at IS NULL AND updated_at <= ?`,
	"accounts": `SELECT 'user ' || id AS name, off_at AS at FROM users WHERE NOT active AND forgotten_at IS NULL AND off_at <= ?`,
	"mails":    `SELECT 'mail ' || id AS name, created_at AS at FROM mails WHERE state <> 'waiting' AND created_at <= ?`,
	"security": `SELECT 'line ' || nr AS name, minute AS at FROM security_events WHERE minute <= ?`,
}

// Expiring tells what a run of the rules would do now, and does nothing.
func (s *Store) Expiring(ctx context.Context, u User) ([]Expired, error) {
	ctx = as(ctx, u)
	if err := u.refused(SeeRetention, ""); err != nil {
		return nil, err
	}
	return s.expired(ctx)
}

// WouldExpire does the same for the operator.
func (s *Store) WouldExpire(ctx context.Context) ([]Expired, error) {
	return s.expired(asInstallation(ctx))
}

func (s *Store) expired(ctx context.Context) ([]Expired, error) {
	rules, err := s.keepings(ctx)
	if err != nil {
		return nil, err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Expired, 0, len(rules))
	for _, k := range rules {
		e := Expired{Keeping: k, Before: k.before(now)}
		if err := s.lookAtExpired(ctx, &e); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// lookAtExpired counts what a rule finds, and names the oldest.
func (s *Store) lookAtExpired(ctx context.Context, e *Expired) error {
	found := expiring[e.Key]
	var rows []struct {
		Name string
		At   time.Time
	}
	err := cmp.Or(s.reader.WithContext(ctx).Raw(`SELECT count(*) FROM (`+found+`) AS x`, e.Before).Scan(&e.Count).Error,
		s.reader.WithContext(ctx).Raw(`SELECT * FROM (`+found+`) AS x ORDER BY at, length(name), name LIMIT ?`, e.Before, examples).Scan(&rows).Error)
	for i, r := range rows {
		if i == 0 {
			e.Oldest = &rows[0].At
		}
		e.Examples = append(e.Examples, r.Name)
	}
	return trouble(err)
}
