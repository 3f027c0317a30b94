package models

import (
	"context"
	"strings"
	"time"
)

// Asking for a reset is noted in the same way for every address and answered
// beside it: whether there is an account, neither words nor time tell.

// How many links an account is sent in an hour: asked for from anywhere, and
// from a browser that has signed in with it before.
const (
	resetWindow       = time.Hour
	resetsAnHour      = 3
	knownResetsAnHour = 6
)

// mostAsks is how many asks are answered at once.
const mostAsks = 50

// AskReset notes that somebody wants to set the password of an address anew.
func (s *Store) AskReset(ctx context.Context, email, device string) error {
	email = strings.ToLower(strings.TrimSpace(email))
	if !isText(email) || len(email) > maxEmail {
		email = ""
	}
	known, err := s.knowsDevice(ctx, email, device)
	if err != nil {
		return err
	}
	err = s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO reset_asks (email, known, at) VALUES (?, ?, ?)`, args: []any{email, known, now}, want: 1, touches: &touched{table: "reset_asks", where: "email = ?", args: []any{email}}}
	})
	nudge(s.clockWake)
	return err
}

// AnswerResets posts the links that were asked for, to those who have an account.
func (s *Store) AnswerResets(ctx context.Context) error {
	ctx = asInstallation(ctx)
	var asks []struct {
		ID    int64
		Email string
		Known bool
		At    time.Time
	}
	err := s.reader.WithContext(ctx).Raw(`SELECT id, email, known, at FROM reset_asks ORDER BY id LIMIT ?`, mostAsks).Scan(&asks).Error
	for _, a := range asks {
		if err == nil {
			err = s.answerReset(ctx, a.ID, a.Email, a.Known, a.At)
		}
	}
	return trouble(err)
}

// answerReset answers one; another instance may be faster.
func (s *Store) answerReset(ctx context.Context, id int64, email string, known bool, at time.Time) error {
	u, err := s.byAddress(ctx, email)
	if err != nil {
		return err
	}
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		if taken := t.db.Exec(`DELETE FROM reset_asks WHERE id = ?`, id); taken.Error != nil || taken.RowsAffected == 0 {
			return taken.Error
		}
		if u.ID == 0 || t.now.Sub(at) > linkLife[ResetLink] {
			return nil
		}
		var sent int
		if err := t.db.Raw(`SELECT count(*) FROM account_links WHERE user_id = ? AND kind = ? AND created_at > ?`, u.ID, ResetLink, t.now.Add(-resetWindow)).Row().Scan(&sent); err != nil {
			return err
		}
		if sent >= resetsAnHour && (!known || sent >= knownResetsAnHour) {
			return nil
		}
		_, err := t.sendLink(u, ResetLink, u.Email, nil)
		return err
	})
}
