package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// The settings that decide what is kept from whom, or for how long, stand in a
// table that anybody who reaches the database can change: whose key protected
// values are sealed with, for example. So the record says what they are.

// keyEvents name in the record what a setting with a key is.
var keyEvents = map[string]Action{"seal": "seal_key", "factor_key": "factor_key"}

// settingName is how an event speaks of a setting.
func settingName(name string) string { return "setting " + name }

// foreignKeyError says that a key in the settings is not the one that the record names.
type foreignKeyError struct{ name string }

func (e foreignKeyError) Error() string {
	return fmt.Sprintf("the setting %s is not the key that the record names: somebody has changed the database; run `formwandel audit verify` (docs/record.md)", e.name)
}

// recordedKey is the hash of the key that the record names first, "" while it names none: there is never a second. db must see the installation's events.
func recordedKey(db *gorm.DB, name string) (string, error) {
	var first []Event
	err := db.Where("ags = ? AND action = ?", Installation, keyEvents[name]).Order("seq").Limit(1).Find(&first).Error
	if err != nil || len(first) == 0 {
		return "", err
	}
	d, err := first[0].Decode()
	return d.File, err
}

// checkKey refuses a key that is not the recorded one; "" is one that is not there.
func checkKey(db *gorm.DB, name, value string) (recorded bool, err error) {
	said, err := recordedKey(db, name)
	if err == nil && said != "" && said != sha256Hex(value) {
		err = foreignKeyError{name}
	}
	return said != "", err
}

// RecordKeys records the installation's keys once they are used for anything. What the
// record says already stays: another key than the recorded one is refused, and nothing is sealed with it. Then every row gets its seal.
func (s *Store) RecordKeys(ctx context.Context) error {
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		var rows []struct{ Name, Value string }
		err := t.db.Raw(`SELECT name, value FROM settings WHERE name IN ('seal', 'factor_key') AND EXISTS (SELECT 1 FROM municipalities) ORDER BY name`).Scan(&rows).Error // an empty database can still be restored into
		for _, r := range rows {
			var said bool
			if err == nil {
				said, err = checkKey(t.db, r.Name, r.Value)
			}
			if err == nil && !said {
				_, err = t.record(Event{Action: keyEvents[r.Name]}, EventData{Subject: settingName(r.Name), File: sha256Hex(r.Value)})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.adopt(ctx)
}
