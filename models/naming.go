package models

import (
	"context"
	"slices"
)

// addressesOf are all addresses at which somebody was written to about the own account: the present
// one first, and every former one, for its change was told there. One that is another account's
// by now is not among them.
func (t *tx) addressesOf(u User) ([]string, error) {
	var former []string
	err := t.db.Raw(`SELECT DISTINCT m.recipient FROM mails m JOIN events e ON e.ags = m.ags AND e.seq = m.event_seq
		WHERE m.role = ? AND e.data LIKE ? AND m.recipient <> ? AND m.recipient NOT IN (SELECT email FROM users) ORDER BY 1`,
		personRole, aboutAccountLike(u.ID), u.Email).Scan(&former).Error
	return append([]string{u.Email}, former...), err
}

// aboutAccountLike is the pattern of the data of events about an account; what people type can't look like it, for quotes are escaped in JSON.
func aboutAccountLike(id int64) string { return `%"subject":"user ` + number(&id) + `"%` }

// MailsWithout are those of some mails that do not name a person, neither as the recipient nor as who
// did what they tell, as whose account it is about, or as whoever filed or works on the request. It goes
// by the record, not by words: names change, and are written so that no link can be in them. It can be
// asked after the person was forgotten, too; a mail that the record does not know is not among them.
func (s *Store) MailsWithout(ctx context.Context, person int64, mails []int64) (without []Mail, err error) {
	ctx = asInstallation(ctx)
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	u, err := readMember(t.db, person)
	if err != nil {
		return nil, trouble(err)
	}
	addresses, err := t.addressesOf(u.User)
	if err != nil {
		return nil, trouble(err)
	}
	for some := range slices.Chunk(mails, 500) {
		var ms []Mail
		err := t.db.Raw(`SELECT m.* FROM mails m JOIN events e ON e.ags = m.ags AND e.seq = m.event_seq LEFT JOIN requests r ON r.id = m.request_id
			WHERE m.id IN ? AND m.recipient NOT IN ? AND coalesce(e.actor_id, 0) <> ? AND e.data NOT LIKE ? AND coalesce(r.author_id, 0) <> ? AND coalesce(r.assignee_id, 0) <> ?`,
			some, addresses, person, aboutAccountLike(person), person, person).Scan(&ms).Error
		if err != nil {
			return nil, trouble(err)
		}
		without = append(without, ms...)
	}
	return without, nil
}
