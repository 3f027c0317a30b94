package models

import (
	"cmp"
	"context"
	"time"
)

// Session is somebody signed in on the web. The browser holds a random secret,
// the records only its hash.
type Session struct {
	ID          string `gorm:"column:session_id"` // by which its owner names it; not secret
	CSRF        string // goes with every form of this session
	Method      string // how its owner has shown who they are: see Proof
	Second      bool   // a second factor was shown
	Keyed       bool   // and it was a passkey, or stands for one
	Browser     string // for example Firefox, "" if it did not say
	System      string // for example Windows
	Address     string // of the network, at the sign-in
	ConfirmedAt time.Time
	CreatedAt   time.Time `gorm:"column:begun_at"`
	SeenAt      time.Time
	Lacks       Lack      `gorm:"-"`
	Fresh       bool      `gorm:"-"` // its owner has shown who they are within ConfirmFor
	FreshUntil  time.Time `gorm:"-"` // until when that counts, by the database's clock
	Full        bool      `gorm:"-"` // it began within ConfirmFor, and a second factor was shown in it: no later proof by password makes it so
	FullUntil   time.Time `gorm:"-"`
}

// Lack is what a session still lacks before it opens more than one page.
type Lack string

// What a session can lack.
const (
	LacksNothing Lack = ""
	LacksSecond  Lack = "second"    // the account has a second factor, or a passkey that it needs, which was not shown
	LacksFactor  Lack = "enrolment" // the account must have a second factor, or a passkey, and has none
)

// Proof is how somebody has shown who they are.
type Proof struct {
	Method string // password, passkey, or oidc: and the provider's id
	Second bool   // a second factor was part of it
	Keyed  bool   // that was a passkey, or what can be phished as little
}

// Visit is where somebody signs in.
type Visit struct {
	Browser, System, Address string
	Former                   string // the secret of the session that this one replaces
}

// How long a session lasts: unused, and at most.
const (
	SessionIdle = 30 * time.Minute
	SessionLife = 10 * time.Hour
)

// ConfirmFor is how long it counts that somebody has shown who they are; serious steps ask again after it.
const ConfirmFor = 15 * time.Minute

const (
	seenEvery    = time.Minute      // how often a session's use is written down
	sessionBytes = 24               // how much chance is in a secret: 192 bits
	clockSlack   = time.Minute      // how far a clock may go back before what lies ahead of it is no longer believed
	formerFor    = 15 * time.Second // how long a secret that was replaced still finds its session: for a second click
)

// SignIn begins a session for a person who has shown who they are; secret goes to the browser, once.
func (s *Store) SignIn(ctx context.Context, u User, p Proof, v Visit) (secret string, x Session, err error) {
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		if v.Former != "" {
			t.do(`DELETE FROM sessions WHERE hash = ?`, tokenHash(v.Former))
		}
		x = Session{Method: p.Method, Second: p.Second, Keyed: p.Second && p.Keyed, Browser: v.Browser, System: v.System, Address: v.Address}
		secret = t.beginSession(u.ID, &x)
		has, err := t.dutyOf(u.ID)
		x.Lacks = lack(x, has)
		return err
	})
	return secret, x, err
}

// beginSession queues a new session.
func (t *tx) beginSession(userID int64, x *Session) (secret string) {
	secret = randomHex(sessionBytes)
	x.ID, x.CSRF, x.ConfirmedAt, x.CreatedAt, x.SeenAt, x.Fresh = randomHex(8), randomHex(sessionBytes), t.now, t.now, t.now, true
	row := sealedSession{Hash: tokenHash(secret), RotatedAt: t.now, ID: x.ID, UserID: userID, CSRF: x.CSRF, Method: x.Method, Second: x.Second, Keyed: x.Keyed, ConfirmedAt: t.now, CreatedAt: t.now}
	t.touches("sessions", "id = ?", x.ID)
	t.must(1, `INSERT INTO sessions (hash, rotated_at, id, user_id, csrf, method, second, keyed, browser, system, address, confirmed_at, created_at, seen_at, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		row.Hash, t.now, x.ID, userID, x.CSRF, x.Method, x.Second, x.Keyed, x.Browser, x.System, x.Address, t.now, t.now, t.now, row.sealFor(t.s))
	t.touches("users", "id = ?", userID)
	t.do(`UPDATE users SET signed_in_at = ? WHERE id = ?`, t.now, userID)
	return secret
}

// Conditions on an account u: whether it has a second factor, whether it must, and both for a passkey.
const (
	armedSQL    = `(EXISTS (SELECT 1 FROM totps f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) OR ` + ownsKeySQL + `)`
	boundSQL    = `(NOT u.demo AND EXISTS (SELECT 1 FROM factor_roles q JOIN user_roles y ON y.role = q.role WHERE y.user_id = u.id))`
	ownsKeySQL  = `EXISTS (SELECT 1 FROM passkeys f WHERE f.user_id = u.id)`
	keyBoundSQL = `(NOT u.demo AND EXISTS (SELECT 1 FROM factor_roles q JOIN user_roles y ON y.role = q.role WHERE y.user_id = u.id AND q.kind = 'passkey'))`
)

// duty is what an account has to show who it is, and what its roles ask for.
type duty struct{ armed, bound, key, keyBound bool }

// lack is what a session lacks, from what was shown and what the account has and must have. Where a
// passkey is needed, what the account has without one is asked for first: else the password alone could add one.
func lack(x Session, has duty) Lack {
	switch {
	case !x.Second && has.armed:
		return LacksSecond
	case !x.Second && has.bound:
		return LacksFactor
	case !has.keyBound || x.Keyed:
		return LacksNothing
	case has.key:
		return LacksSecond
	}
	return LacksFactor
}

func (t *tx) dutyOf(userID int64) (has duty, err error) {
	err = t.db.Raw(`SELECT `+armedSQL+`, `+boundSQL+`, `+ownsKeySQL+`, `+keyBoundSQL+` FROM users u WHERE u.id = ?`, userID).Row().Scan(&has.armed, &has.bound, &has.key, &has.keyBound)
	return has, err
}

// SignOut ends a session; one that has ended already stays so.
func (s *Store) SignOut(ctx context.Context, secret string) error {
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `DELETE FROM sessions WHERE hash = ? OR former = ?`, args: []any{tokenHash(secret), tokenHash(secret)}, want: -1}
	})
}

// sessionRow is a session with its owner, once for each role.
type sessionRow struct {
	User
	Session
	Role          Role
	Hash, Former  string
	Seal, UseSeal string
	Failures      int64
	RotatedAt     time.Time
	Armed, Bound  bool
	Key, KeyBound bool
}

// Resume finds out whose session this is. What has expired, by the database's
// clock, is nobody's, and so is what lies ahead of it; so is that of an account
// that was switched off. What the session lacks, the caller has to ask for.
func (s *Store) Resume(ctx context.Context, secret string) (User, Session, error) {
	ctx, asked := asInstallation(ctx), s.now() // whose rows is not known before
	refused := &Error{Kind: Unauthorized, Code: "unauthorized"}
	if len(secret) != 2*sessionBytes {
		return User{}, Session{}, refused
	}
	now, err := s.Now(ctx)
	if err != nil {
		return User{}, Session{}, err
	}
	hash := tokenHash(secret)
	rows, err := s.sessionRows(ctx, hash, now)
	if err != nil {
		return User{}, Session{}, trouble(err)
	}
	if len(rows) == 0 {
		return User{}, Session{}, refused
	}
	x := rows[0].Session
	if err := s.unbroken(ctx, rows[0].User, rows[0].sealed(), rows[0].use(s)); err != nil {
		return User{}, Session{}, err
	}
	if ended(x.SeenAt, SessionIdle, now) || ended(x.CreatedAt, SessionLife, now) {
		if err := s.SignOut(ctx, secret); err != nil { // it shall not come back to life when a clock goes back
			return User{}, Session{}, err
		}
		return User{}, Session{}, refused
	}
	x.Lacks = lack(x, duty{rows[0].Armed, rows[0].Bound, rows[0].Key, rows[0].KeyBound})
	x.Fresh = rows[0].Hash == hash && !ended(x.ConfirmedAt, ConfirmFor, now)
	x.FreshUntil = x.ConfirmedAt.Add(ConfirmFor)
	x.Full = x.Second && rows[0].Hash == hash && !ended(x.CreatedAt, ConfirmFor, now)
	x.FullUntil = x.CreatedAt.Add(ConfirmFor)
	u := rows[0].User
	u.SessionRef, u.ReadAt = x.ID, asked
	for _, r := range rows {
		u.Roles = append(u.Roles, r.Role)
	}
	if now.Sub(x.SeenAt) < seenEvery {
		return u, x, nil
	}
	return u, x, s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE sessions SET seen_at = ? WHERE id = ?`, args: []any{now, x.ID}, want: -1, touches: &touched{table: "sessions", where: "id = ?", args: []any{x.ID}}}
	})
}

// sealed is what its seal is over.
func (r *sessionRow) sealed() *sealedSession {
	x := r.Session
	return &sealedSession{
		Hash: r.Hash, Former: r.Former, RotatedAt: r.RotatedAt, ID: x.ID, UserID: r.User.ID, CSRF: x.CSRF, Method: x.Method, Second: x.Second, Keyed: x.Keyed,
		ConfirmedAt: x.ConfirmedAt, CreatedAt: x.CreatedAt, Seal: r.Seal,
	}
}

// use is what the seal over how the session was used says.
func (r *sessionRow) use(s *Store) sealState {
	x := r.Session
	return sealSays(r.UseSeal, s.sealOfCells(sealedTableOf("sessions"), map[string]any{
		"id": x.ID, "failures": r.Failures, "browser": x.Browser, "system": x.System, "address": x.Address, "seen_at": x.SeenAt,
	}))
}

func (s *Store) sessionRows(ctx context.Context, hash string, now time.Time) (rows []sessionRow, err error) {
	err = s.reader.WithContext(ctx).Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, coalesce(u.address_by, 0) AS address_by, r.role, x.hash, x.former, x.seal, x.use_seal, x.failures, x.rotated_at, `+sessionColumns+`, `+armedSQL+` AS armed, `+boundSQL+` AS bound, `+ownsKeySQL+` AS key, `+keyBoundSQL+` AS key_bound
		FROM sessions x JOIN users u ON u.id = x.user_id JOIN user_roles r ON r.user_id = u.id
		WHERE (x.hash = ? OR x.former = ? AND x.rotated_at > ?) AND u.active ORDER BY r.role`, hash, hash, now.Add(-formerFor)).Scan(&rows).Error
	return rows, err
}

const sessionColumns = `x.id AS session_id, x.csrf, x.method, x.second, x.keyed, x.browser, x.system, x.address, x.confirmed_at, x.created_at AS begun_at, x.seen_at`

// ended tells whether what began then and lasts so long is over, or has not begun.
func ended(began time.Time, lasts time.Duration, now time.Time) bool {
	age := now.Sub(began)
	return age >= lasts || age < -clockSlack
}

// tidySessions removes sessions that nobody can use any more, and challenges that nobody has answered.
func (s *Store) tidySessions(ctx context.Context) error {
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM sessions WHERE seen_at <= ? OR created_at <= ? OR seen_at > ?`, args: []any{now.Add(-SessionIdle), now.Add(-SessionLife), now.Add(clockSlack)}, want: -1}
	})
	return cmp.Or(err, s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM challenges WHERE created_at <= ?`, args: []any{now.Add(-challengeFor)}, want: -1}
	}))
}

// DemoAccounts are the active accounts of the demonstration, by address, for the
// sign-in page: the provider's and those of the municipalities it is about.
func (s *Store) DemoAccounts(ctx context.Context) ([]User, error) {
	var us []User
	err := s.reader.WithContext(ctx).Raw(`SELECT id, coalesce(ags, '') AS ags, email, name FROM users WHERE demo AND active AND (ags IS NULL OR ags IN ('14625020', '14713000')) ORDER BY ags, email LIMIT 20`).Scan(&us).Error
	return us, trouble(err)
}
