package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// SecurityEntry is a line of the security log as it is read.
type SecurityEntry struct {
	Nr      int64        `json:"id" gorm:"primaryKey"` // without a gap
	Minute  time.Time    `json:"minute"`
	Code    SecurityCode `json:"code"`
	AGS     string       `json:"municipality" gorm:"column:ags"` // "" for the provider's, or nobody who is known
	UserID  int64        `json:"user"`                           // 0 for nobody who is known
	TokenID int64        `json:"token"`                          // 0 for none
	Address string       `json:"address"`
	Detail  string       `json:"detail"`
	Count   int64        `json:"count"` // how often in that minute
	Seal    string       `json:"-"`
}

// TableName implements GORM's Tabler.
func (SecurityEntry) TableName() string { return "security_events" }

// SecurityCodes are all codes that the log may hold.
var SecurityCodes = []SecurityCode{
	SignedIn, SignedOut, LoginFailed, LoginLimited, SecondFailed, ConfirmFailed, FactorAdded, FactorRemoved, RecoveryUsed, SessionEnded, InvitationSent, ResetAsked,
	LinkRefused, LinkForged, LinkUnsealed, SessionForged, SessionUnsealed, MailForged, MailUnsealed, RowForged, RowsSealed, PasswordChanged, AddressAsked, AddressAgreed, AddressStopped, AddressChanged, AccountAdded, RolesChanged, AccountSwitched, IdentityLinked, TokenMade, TokenEnded, TokenRefused, RightMissing, TenantViolation, FormForged,
	AccessGranted, AccessWithdrawn, PolicyProposed, PolicyChanged, FileRefused, VirusFound, Exported, Downloaded, Pseudonymised, RetentionRun, CheckpointMade, RecordBroken, CertificateLoaded,
}

// SecurityShown is how far the security log reaches back on a page unless asked. How long it is kept is a rule of retention.
const SecurityShown = 72 * time.Hour

// SecurityFilter narrows the security log.
type SecurityFilter struct {
	Code   SecurityCode
	AGS    string        // one municipality, "" for all that one may see
	Since  time.Duration // how far back; 0: SecurityShown
	Cursor string
	Limit  int
}

// SecurityCount is how often something has happened.
type SecurityCount struct {
	Code SecurityCode
	N    int64
}

// SecurityLog lists what touched safety, newest first, a page at a time. A
// municipality's administration reads what is its own.
func (s *Store) SecurityLog(ctx context.Context, u User, f SecurityFilter) ([]SecurityEntry, string, error) {
	ctx = as(ctx, u)
	n, before, err := idPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	db, err := s.securitySeen(ctx, u, f)
	if err != nil {
		return nil, "", err
	}
	if f.Code != "" {
		db = db.Where("code = ?", f.Code)
	}
	if before > 0 {
		db = db.Where("nr < ?", before)
	}
	var es []SecurityEntry
	if err := db.Order("nr DESC").Limit(n + 1).Find(&es).Error; err != nil {
		return nil, "", trouble(err)
	}
	es, next := cut(es, n, func(x SecurityEntry) string { return cursorID(x.Nr) })
	return es, next, nil
}

// SecurityCounts counts what happened by code, the most frequent first.
func (s *Store) SecurityCounts(ctx context.Context, u User, f SecurityFilter) ([]SecurityCount, error) {
	ctx = as(ctx, u)
	db, err := s.securitySeen(ctx, u, f)
	if err != nil {
		return nil, err
	}
	var out []SecurityCount
	err = db.Model(&SecurityEntry{}).Select("code, sum(count) AS n").Group("code").Order("n DESC, code").Scan(&out).Error
	return out, trouble(err)
}

// securitySeen is the condition that every look into the log begins with.
func (s *Store) securitySeen(ctx context.Context, u User, f SecurityFilter) (*gorm.DB, error) {
	whose := f.AGS
	if whose == "" {
		whose = u.AGS
	}
	if err := u.reach(SeeSecurity, whose, "municipality"); err != nil {
		return nil, err
	}
	if f.Code != "" && !slices.Contains(SecurityCodes, f.Code) {
		return nil, invalid("code", "unknown_code", "code", clip(string(f.Code)))
	}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	since := f.Since
	if since <= 0 {
		since = SecurityShown
	}
	db := s.reader.WithContext(ctx).Where("minute >= ?", now.Add(-since))
	if whose != "" {
		db = db.Where("ags = ?", whose)
	}
	return db, nil
}

// EachSecurity passes what touched safety since then, oldest first, for programs that watch.
func (s *Store) EachSecurity(ctx context.Context, since time.Duration, each func(SecurityEntry) error) error {
	ctx = asInstallation(ctx)
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	for last := int64(0); ; {
		var es []SecurityEntry
		if err := s.reader.WithContext(ctx).Where("minute >= ? AND nr > ?", now.Add(-since), last).Order("nr").Limit(1000).Find(&es).Error; err != nil {
			return trouble(err)
		}
		for _, e := range es {
			if err := each(e); err != nil {
				return err
			}
			last = e.Nr
		}
		if len(es) == 0 {
			return nil
		}
	}
}

// Asked is what somebody has named in a call: a request's number, municipalities, an account.
type Asked struct {
	Number string
	Towns  []string // AGS
	Person int64
}

// WitnessForeign writes down that somebody asked for what is another municipality's; what
// does not exist at all is nothing to write down.
func (s *Store) WitnessForeign(ctx context.Context, e SecurityEvent, asked Asked) error {
	ctx = asInstallation(ctx)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return err
	}
	owners := slices.DeleteFunc(slices.Clone(asked.Towns), func(ags string) bool { return cat.municipalities[ags] == nil })
	if numberPattern.MatchString(asked.Number) {
		var whose []string
		if err := s.reader.WithContext(ctx).Raw(`SELECT ags FROM requests WHERE number = ?`, asked.Number).Scan(&whose).Error; err != nil {
			return trouble(err)
		}
		owners = append(owners, whose...)
	}
	if asked.Person != 0 {
		var whose []string
		if err := s.reader.WithContext(ctx).Raw(`SELECT coalesce(ags, '') FROM users WHERE id = ?`, asked.Person).Scan(&whose).Error; err != nil {
			return trouble(err)
		}
		owners = append(owners, whose...)
	}
	if !slices.ContainsFunc(owners, func(ags string) bool { return ags != e.AGS }) {
		return nil
	}
	e.Code = TenantViolation
	return s.Witness(ctx, e)
}
