package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// newcomer is somebody in Bautzen who files and approves, once as a token and once as a session bring them, read a moment ago.
func (b *behind) newcomer(email string) (byToken, inSession models.User) {
	b.Helper()
	_, err := b.s.AddUser(ctx, models.NewUser{AGS: Bautzen, Email: email, Name: "Neu in Bautzen", Roles: []models.Role{models.Clerk, models.Approver}})
	b.must(err)
	token, err := b.s.CreateToken(ctx, email, "test", 40*time.Minute)
	b.must(err)
	byToken, err = b.s.Authenticate(ctx, token)
	b.must(err)
	secret, _, err := b.s.SignIn(ctx, byToken, models.Proof{Method: "password"}, models.Visit{})
	b.must(err)
	inSession, _, err = b.s.Resume(ctx, secret)
	b.must(err)
	if byToken.ReadAt.IsZero() || inSession.ReadAt.IsZero() {
		b.Fatal("nobody says when they were read")
	}
	byToken.ReadAt, inSession.ReadAt = byToken.ReadAt.Add(-time.Second), inSession.ReadAt.Add(-time.Second)
	return byToken, inSession
}

// refuses says what somebody's acts are refused with; all alike, an answer given before as well.
func (b *behind) refuses(u models.User, number, kept string) string {
	b.Helper()
	before := b.rows()
	_, filed := b.s.File(ctx, u, fee("2500", "2027-01-01"))
	_, again := b.filed(b.s, u, key(kept, "body"))
	_, done := b.try(u, number, models.Withdraw, models.Input{Version: 1})
	_, said := b.s.Comment(ctx, u, number, "Ein Wort", false, nil)
	own := b.s.EndOtherSessions(ctx, u, u.SessionRef, "192.0.2.1")
	codes := map[string]bool{}
	for _, err := range []error{filed, again, done, said, own} {
		var e *models.Error
		if !errors.As(err, &e) {
			b.Fatalf("%v, %v, %v, %v, %v", filed, again, done, said, own)
		}
		codes[string(e.Kind)+" "+e.Code] = true
	}
	if len(codes) > 1 {
		b.Errorf("refused in several words: %v", codes)
	}
	if after := b.rows(); after != before {
		b.Errorf("before %s\nafter  %s", before, after)
	}
	for code := range codes {
		return code
	}
	return ""
}

// TestWhoWasReadEarlierIsReadAgain: what a caller came with is proved inside the transaction, an answer kept from before included.
func TestWhoWasReadEarlierIsReadAgain(t *testing.T) {
	const gone, over, changed = "unauthorized unauthorized", "unauthorized session_over", "forbidden roles_changed"
	look(t, func(b *behind) {
		for i, c := range []struct {
			name               string
			lose               func(u models.User)
			byToken, inSession string // what they are refused with, "" for nothing
			account            bool   // it is the account's: no matter what somebody comes with
		}{
			{"nothing", func(models.User) {}, "", "", false},
			{"tokens revoked", func(u models.User) { _, err := b.s.RevokeTokens(ctx, u.Email); b.must(err) }, gone, "", false},
			{"session ended", func(u models.User) { b.must(b.s.EndOtherSessions(ctx, u, "", "192.0.2.1")) }, "", over, false},
			{"password set", func(u models.User) { b.must(b.s.SetPassword(ctx, u.Email, "x")) }, "", over, false},
			{"switched off", func(u models.User) { b.must(b.s.SwitchPerson(ctx, b.TenantAdmin, u.ID, 1, false, nil)) }, gone, over, true},
			{"switched off in the row only", func(u models.User) { b.exec("UPDATE users SET active = ? WHERE id = ?", false, u.ID) }, gone, over, true},
			{"roles changed", func(u models.User) {
				b.must(b.s.ChangePerson(ctx, b.TenantAdmin, u.ID, 1, models.PersonChange{Name: "Neu", Locale: "de", Roles: []models.Role{models.Clerk}}, nil))
			}, gone, over, true},
			{"a role taken in the row only", func(u models.User) { b.exec("DELETE FROM user_roles WHERE user_id = ? AND role = ?", u.ID, "approver") }, changed, changed, true},
			{"three quarters of an hour later", func(models.User) { b.shift(45 * time.Minute) }, gone, over, false},
		} {
			u, v := b.newcomer(fmt.Sprintf("neu%d@bautzen.example", i))
			number, err := b.filed(b.s, u, key(c.name, "body"))
			b.must(err)
			c.lose(u)
			for who, want := range map[*models.User]string{&u: c.byToken, &v: c.inSession} {
				if want != "" {
					if got := b.refuses(*who, number, c.name); got != want {
						b.Errorf("%s: refused with %q, want %q", c.name, got, want)
					}
					continue
				}
				if _, err := b.s.File(ctx, *who, fee("2500", "2027-01-01")); err != nil {
					b.Errorf("%s: %v", c.name, err)
				}
			}
			never := u
			never.ReadAt, never.TokenID = time.Time{}, 0
			if _, err := b.s.File(ctx, never, fee("2500", "2027-01-01")); (err != nil) != c.account {
				b.Errorf("%s: who was never read: %v", c.name, err)
			}
		}
	})
}

// TestAProofRunsOutWhileAStepWaits: a proof counts when the step's turn in the database comes, however fresh it was when it was asked for.
func TestAProofRunsOutWhileAStepWaits(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, st.another()).Number
		proven := st.Approver
		for _, x := range []struct {
			left time.Duration
			want string
		}{{-time.Second, "forbidden proof_over"}, {time.Minute, "accepted"}} {
			now, err := st.s.Now(ctx)
			if err != nil {
				st.Fatal(err)
			}
			before := st.get(n)
			proven.ProofUntil = now.Add(x.left)
			_, err = st.try(proven, n, models.Approve, models.Input{})
			if said(err) != x.want {
				st.Errorf("with %s left: %v", x.left, err)
			}
			if after := st.get(n); (after.Version == before.Version) != (err != nil) {
				st.Errorf("with %s left: version %d, then %d", x.left, before.Version, after.Version)
			}
		}
	})
}

// TestWhoWasReadJustNowCostsNothing: ordinary calls are not looked at twice.
func TestWhoWasReadJustNowCostsNothing(t *testing.T) {
	look(t, func(b *behind) {
		l := listen(b, b.s)
		late, _ := b.newcomer("neu@bautzen.example")
		now := late
		now.ReadAt = time.Now().Add(time.Hour)
		reads := func(u models.User) (n int) {
			for _, said := range l.during(func() { b.file(u, fee("2500", "2027-01-01")) }) {
				if strings.Contains(said.sql, "revoked_at") {
					n++
				}
			}
			return n
		}
		if n := reads(now); n != 0 {
			b.Errorf("who was read just now is read again %d times", n)
		}
		if n := reads(late); n != 1 {
			b.Errorf("who was read earlier is read again %d times", n)
		}
	})
}

// TestWaitingForTheWriterOutlivesNoToken: who waits for the chain while the token is revoked is refused, however lately they were read.
func TestWaitingForTheWriterOutlivesNoToken(t *testing.T) {
	look(t, func(b *behind) {
		u, _ := b.newcomer("neu@bautzen.example")
		b.file(u, fee("2500", "2027-01-01"))
		before := b.rows()
		conn, err := b.db.Conn(ctx)
		b.must(err)
		defer conn.Close()
		lock := []string{"BEGIN", "SELECT seq FROM chains WHERE ags = '" + Bautzen + "' FOR UPDATE"}
		if b.sqlite() {
			lock = []string{"BEGIN IMMEDIATE"}
		}
		for _, q := range lock {
			_, err := conn.ExecContext(ctx, q)
			b.must(err)
		}
		done := make(chan error, 1)
		go func() {
			u.ReadAt = time.Now()
			_, err := b.s.File(ctx, u, fee("2500", "2027-01-01"))
			done <- err
		}()
		time.Sleep(700 * time.Millisecond)
		_, err = conn.ExecContext(ctx, b.dollars("UPDATE tokens SET revoked_at = created_at WHERE user_id = ?"), u.ID)
		b.must(err)
		_, err = conn.ExecContext(ctx, "COMMIT")
		b.must(err)
		if err := <-done; kindOf(err) != models.Unauthorized {
			b.Errorf("a token that was revoked meanwhile: %v", err)
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
	})
}
