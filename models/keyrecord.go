package models

import "context"

// The settings that decide what is kept from whom, or for how long, stand in a
// table that anybody who reaches the database can change: whose key protected
// values are sealed with, for example. So the record says what they are.

// keyEvents name in the record what a setting with a key is.
var keyEvents = map[string]Action{"seal": "seal_key", "factor_key": "factor_key"}

// settingName is how an event speaks of a setting.
func settingName(name string) string { return "setting " + name }

// RecordKeys records the installation's keys once they are used for anything. What the
// record says already stays: another key than the recorded one is for the audit to find.
func (s *Store) RecordKeys(ctx context.Context) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		var rows []struct{ Name, Value string }
		err := t.db.Raw(`SELECT name, value FROM settings WHERE name IN ('seal', 'factor_key') AND EXISTS (SELECT 1 FROM municipalities) ORDER BY name`).Scan(&rows).Error // an empty database can still be restored into
		for _, r := range rows {
			var said bool
			err = firstError(err, t.db.Raw(`SELECT EXISTS (SELECT 1 FROM events WHERE ags = ? AND action = ?)`, Installation, keyEvents[r.Name]).Row().Scan(&said))
			if err == nil && !said {
				_, err = t.record(Event{Action: keyEvents[r.Name]}, EventData{Subject: settingName(r.Name), File: sha256Hex(r.Value)})
			}
		}
		return err
	})
}
