package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// doors holds what lets somebody in, or nearer, and stands in no event against its seals: sessions, secrets of links, known browsers.
func (l *ledger) doors() error {
	err := eachOf(l.db, `SELECT hash, former, rotated_at, id, user_id, csrf, method, second, keyed, confirmed_at, created_at, seal FROM sessions ORDER BY user_id, id`, func(x *sealedSession) {
		l.sealed(sealSays(x.Seal, x.sealFor(l.s)), "session %s of account %d", x.ID, x.UserID)
	})
	if err != nil {
		return err
	}
	err = eachOf(l.db, `SELECT x.hash, x.link_id, x.owners, x.seal, coalesce(l.user_id, 0) AS user_id FROM account_link_secrets x LEFT JOIN account_links l ON l.id = x.link_id ORDER BY user_id, x.hash`, func(x *sealedSecret) {
		l.sealed(sealSays(x.Seal, l.s.secretHashSeal(x.Hash, x.LinkID, x.Owners)), "secret of a link by mail of account %d", x.UserID)
	})
	if err != nil {
		return err
	}
	return eachOf(l.db, `SELECT * FROM devices ORDER BY user_id, hash`, func(x *deviceRow) {
		l.sealed(sealSays(x.Seal, x.sealFor(l.s)), "known browser of account %d", x.UserID)
	})
}

// sealedSecret is what decides in the row of a link's secret, and whose the link is.
type sealedSecret struct {
	Hash, LinkID string
	Owners       bool
	Seal         string
	UserID       int64
}

// eachOf passes the rows that a query finds.
func eachOf[T any](db *gorm.DB, query string, each func(*T)) error {
	rows, err := db.Raw(query).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row T
		if err := db.ScanRows(rows, &row); err != nil {
			return err
		}
		each(&row)
	}
	return rows.Err()
}

// runRow is what a run of retention reports.
type runRow struct {
	ID     int64
	At     time.Time
	Report string
}

// TableName implements GORM's Tabler.
func (runRow) TableName() string { return "retention_runs" }

// runSaid is how a run and its event are told to be the same.
func runSaid(at time.Time, report string) string { return stamp(at) + " " + sha256Hex(report) }

// reported holds the reports of retention against the events of its runs, which say the same.
func (a *audit) reported(rows []runRow) {
	for _, r := range rows {
		said := runSaid(r.At, r.Report)
		if a.runs[said] == 0 {
			a.found("is not what its event says, or has none", "report %d of retention", r.ID)
			continue
		}
		a.runs[said]--
	}
	for _, said := range slices.Sorted(maps.Keys(a.runs)) {
		if at, _, _ := strings.Cut(said, " "); a.runs[said] > 0 {
			a.found(fmt.Sprintf("is not there, an event of %s speaks of it", at), "a report of retention")
		}
	}
}
