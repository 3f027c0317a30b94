package models

import (
	"database/sql"
	"fmt"
)

// orphans reports rows that belong to one that is not there: the database itself lets nobody make them, nor take the other away.
func (l *ledger) orphans() error {
	if !l.postgres {
		return eachOf(l.db, `PRAGMA foreign_key_check`, func(r *struct {
			Table, Parent string
			Rowid         sql.NullInt64
		}) {
			where := r.Table
			if r.Rowid.Valid {
				where = fmt.Sprintf("%s row %d", r.Table, r.Rowid.Int64)
			}
			l.found("belongs to "+r.Parent+" that are not there", "%s", where)
		})
	}
	var queries []string
	err := l.db.Raw(`SELECT format('SELECT %L AS child, %L AS parent, concat_ws('', '', %s) AS found FROM %I c WHERE %s AND NOT EXISTS (SELECT 1 FROM %I p WHERE %s) ORDER BY 3', child.relname, parent.relname,
			coalesce((SELECT string_agg(format('c.%I', a.attname), ', ') FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = k.conrelid AND i.indisprimary), 'NULL'), child.relname,
			(SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') FROM unnest(k.conkey) AS u (c) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.c), parent.relname,
			(SELECT string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND ') FROM unnest(k.conkey, k.confkey) AS u (c, p)
				JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.c JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.p))
		FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
		WHERE k.contype = 'f' AND pg_table_is_visible(child.oid) ORDER BY child.relname, k.conname`).Scan(&queries).Error
	for _, q := range queries {
		if err == nil {
			err = l.orphansOf(q)
		}
	}
	return err
}

// orphansOf asks PostgreSQL for the rows that a foreign key does not allow, as PostgreSQL itself has put the question.
func (l *ledger) orphansOf(query string) error {
	var rows []struct{ Child, Parent, Found string }
	err := l.db.Raw(query + ` LIMIT 1000`).Scan(&rows).Error
	for _, r := range rows {
		l.found("belongs to "+r.Parent+" that are not there", "%s (%s)", r.Child, r.Found)
	}
	return err
}
