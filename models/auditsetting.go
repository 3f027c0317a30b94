package models

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// settingRow is a setting as it is kept.
type settingRow struct{ Name, Value string }

// TableName implements GORM's Tabler.
func (settingRow) TableName() string { return "settings" }

// hearSetting remembers what an event says of settings that decide: by their names, the hashes of their values.
func (a *audit) hearSetting(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	if e.Action != "retention_policy" {
		if name := strings.TrimPrefix(d.Subject, settingName("")); a.settings[name] == "" { // the program goes by the first, and writes no second
			a.settings[name] = d.File
		}
		return
	}
	var keep map[string]int
	if err := json.Unmarshal([]byte(e.Comment), &keep); err != nil {
		return
	}
	for rule, n := range keep {
		a.settings[keepSetting+rule] = sha256Hex(strconv.Itoa(n))
	}
}

// decides holds the settings that decide against what events say of them. How long things are
// kept is nothing unless an event says so; of keys a record may be silent that was begun before they were in it.
func (a *audit) decides(rows []settingRow) {
	counts := false
	for _, r := range rows {
		counts = counts || r.Name == "catalogue"
		said, heard := a.settings[r.Name]
		delete(a.settings, r.Name)
		if heard && said != sha256Hex(r.Value) || !heard && strings.HasPrefix(r.Name, keepSetting) {
			a.found("is not what the history says", "setting %s", r.Name)
		}
	}
	if !counts {
		a.found("is not there", "setting catalogue")
	}
	for _, name := range slices.Sorted(maps.Keys(a.settings)) {
		a.found("is not there, an event speaks of it", "setting %s", name)
	}
}

// calendarRow is a private link to follow somebody's calendar with.
type calendarRow struct {
	UserID int64
	Hash   string
}

// TableName implements GORM's Tabler.
func (calendarRow) TableName() string { return "calendar_links" }

// hearCalendar remembers who has made a private calendar, and who has ended it.
func (a *audit) hearCalendar(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	id, _ := strconv.ParseInt(strings.TrimPrefix(d.Subject, "user "), 10, 64) // 0 is nobody's
	if e.Action == "calendar_link" {
		a.calendars[id] = d.File
	} else {
		delete(a.calendars, id)
	}
}

// followed holds private calendars against what events say: nobody follows one behind the record.
func (a *audit) followed(rows []calendarRow) {
	for _, r := range rows {
		said, heard := a.calendars[r.UserID]
		delete(a.calendars, r.UserID)
		if !heard || said != "" && said != r.Hash {
			a.found("no event has made it", "private calendar of account %d", r.UserID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.calendars)) {
		if a.calendars[id] != "" {
			a.found("is not there, an event speaks of it", "private calendar of account %d", id)
		}
	}
}
