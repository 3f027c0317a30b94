package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// openWith makes the secret that opens a link, the same however often this process
// writes the letter, keeps its hash, and returns where the link leads.
// owners is that of the letter to the address that counts now.
func (s *Store) openWith(ctx context.Context, id string, owners bool) (path string, err error) {
	mac := hmac.New(sha256.New, s.linkKey)
	mac.Write([]byte(id))
	if owners {
		mac.Write([]byte(" owner"))
	}
	secret := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	err = s.mark(ctx, func(time.Time) write {
		return write{sql: `INSERT INTO account_link_secrets (hash, link_id, owners, seal) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`, args: []any{tokenHash(secret), id, owners, s.secretSeal(secret, id, owners)}, want: -1}
	})
	return "/zugang/" + secret, err
}

// lettersLink is the link that a letter brings, or tells of.
type lettersLink struct {
	MailID    int64
	Kind      MailKind
	ID        string
	ExpiresAt time.Time
	OpensAt   *time.Time
}

// into adds to a letter's facts from when on the link counts; to a letter that brings it also where it leads, and until when.
func (l lettersLink) into(f *MailFacts, link string) {
	if l.OpensAt != nil {
		f.Opens = *l.OpensAt
	}
	if bringsLink(l.Kind) {
		f.Link, f.Expires = link, l.ExpiresAt
	}
}

// addLinks adds to letters the links they bring or tell of. Only what is about to be sent
// holds the secret, and then it counts.
func (s *Store) addLinks(ctx context.Context, letters []Letter, toSend bool) error {
	var ids []int64
	for _, l := range letters {
		if l.Err == nil && (bringsLink(l.Mail.Kind) || l.Mail.Kind == MailAddressWatch) {
			ids = append(ids, l.Mail.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []lettersLink
	err := s.reader.WithContext(ctx).Raw(`SELECT m.id AS mail_id, m.kind, l.id, l.expires_at, l.opens_at FROM mails m JOIN account_links l ON l.ags = m.ags AND l.event_seq = m.event_seq WHERE m.id IN ?`, ids).Scan(&rows).Error
	if err != nil {
		return trouble(err)
	}
	for _, r := range rows {
		link := ""
		if toSend && bringsLink(r.Kind) {
			if link, err = s.openWith(ctx, r.ID, r.Kind == MailAddressConsent); err != nil {
				return err
			}
		}
		for i := range letters {
			if letters[i].Mail.ID == r.MailID {
				r.into(&letters[i].Facts, link)
			}
		}
	}
	return nil
}

func bringsLink(kind MailKind) bool {
	return kind == MailInvitation || kind == MailReset || kind == MailAddress || kind == MailAddressConsent
}
