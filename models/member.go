package models

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Member is a person's account as administration sees it.
type Member struct {
	User
	Version      int
	SignedInAt   *time.Time // with the password, last; nil: never
	Invited      bool       `gorm:"-"` // and has not set a password yet
	InvitedUntil time.Time  `gorm:"-"` // when the invitation ends, or has ended
	ForgottenAt  *time.Time // since when this is nobody's account any more
}

// PeopleFilter narrows the list of accounts.
type PeopleFilter struct {
	AGS      string // one municipality
	Provider bool   // the provider's people only
	Cursor   string
	Limit    int
}

const memberColumns = `u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, u.created_at, u.version, u.signed_in_at, u.forgotten_at, coalesce(u.address_by, 0) AS address_by`

// People lists accounts by address, a page at a time. A municipality's administration sees its own.
func (s *Store) People(ctx context.Context, u User, f PeopleFilter) ([]Member, string, error) {
	ctx = as(ctx, u)
	n, after, err := textPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	db, err := peopleSeen(s.reader.WithContext(ctx).Table("users AS u").Select(memberColumns), u, f)
	if err != nil {
		return nil, "", err
	}
	var ms []Member
	if err := db.Where("u.email > ?", after).Order("u.email").Limit(n + 1).Scan(&ms).Error; err != nil {
		return nil, "", trouble(err)
	}
	ms, next := cut(ms, n, func(x Member) string { return cursorText(x.Email) })
	return ms, next, trouble(fillMembers(s.reader.WithContext(ctx), ms))
}

// peopleSeen is the condition that the list begins with.
func peopleSeen(db *gorm.DB, u User, f PeopleFilter) (*gorm.DB, error) {
	switch {
	case u.AGS != "":
		if err := u.reach(SeePeople, u.AGS, "municipality"); err != nil {
			return nil, err
		}
		return db.Where("u.ags = ?", u.AGS), nil
	case u.refused(SeePeople, "") != nil:
		return nil, u.refused(SeePeople, "")
	case f.Provider:
		return db.Where("u.ags IS NULL"), nil
	case f.AGS != "":
		return db.Where("u.ags = ?", clip(f.AGS)), nil
	}
	return db, nil
}

// indexed are the ids of people, and where each of them stands.
func indexed(ms []Member) (ids []int64, at map[int64]int) {
	ids, at = make([]int64, len(ms)), make(map[int64]int, len(ms))
	for i, m := range ms {
		ids[i], at[m.ID] = m.ID, i
	}
	return ids, at
}

// fillMembers adds to people what they may do and whether they are still invited, in a query each.
func fillMembers(db *gorm.DB, ms []Member) error {
	if len(ms) == 0 {
		return nil
	}
	ids, at := indexed(ms)
	var rows []struct {
		UserID int64
		Role   Role
	}
	err := db.Raw(`SELECT user_id, role FROM user_roles WHERE user_id IN ?`, ids).Scan(&rows).Error
	for _, r := range rows {
		m := &ms[at[r.UserID]]
		m.Roles = append(m.Roles, r.Role)
	}
	for _, m := range ms {
		slices.SortFunc(m.Roles, func(a, b Role) int { return slices.Index(Roles, a) - slices.Index(Roles, b) })
	}
	return cmp.Or(err, loadInvited(db, ms, ids, at))
}

// Person reads one account.
func (s *Store) Person(ctx context.Context, u User, id int64) (*Member, error) {
	ctx = as(ctx, u)
	m, err := loadMember(s.reader.WithContext(ctx), u, id)
	if err != nil {
		return nil, trouble(err)
	}
	return m, u.reach(SeePeople, m.AGS, "user")
}

// PersonByEmail finds an account by its whole address.
func (s *Store) PersonByEmail(ctx context.Context, u User, email string) (*Member, error) {
	ctx = as(ctx, u)
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	found, err := t.byEmail(email)
	if err != nil {
		return nil, trouble(err)
	}
	return s.Person(ctx, u, found.ID)
}

// loadMember reads an account that somebody may know of.
func loadMember(db *gorm.DB, u User, id int64) (*Member, error) {
	m, err := memberWhere(db, `u.id = ? AND (? = '' OR u.ags = ?)`, id, u.AGS, u.AGS) // what is foreign takes no longer than what is missing
	if err != nil {
		return nil, err
	}
	return m, u.known(m.AGS, "user")
}

// readMember reads an account, whoever asks.
func readMember(db *gorm.DB, id int64) (*Member, error) { return memberWhere(db, `u.id = ?`, id) }

func memberWhere(db *gorm.DB, where string, args ...any) (*Member, error) {
	var ms []Member
	if err := db.Raw(`SELECT `+memberColumns+` FROM users u WHERE `+where, args...).Scan(&ms).Error; err != nil {
		return nil, err
	}
	if len(ms) == 0 {
		return nil, notFound("user")
	}
	return &ms[0], fillMembers(db, ms)
}
