package templates

import (
	"formwandel/models"
)

// TownsPage lists municipalities by key.
type TownsPage struct {
	Desk
	Asked       string
	Towns       []models.TownEntry
	Next, First string
	MayImport   bool
}

// File implements Page.
func (*TownsPage) File() string { return "towns" }

// TownPage shows one municipality and its profile.
type TownPage struct {
	Desk
	Place            models.Municipality
	May, House       bool   // change the profile; look at the whole installation
	Agent            bool   // works for the provider, with no way into the administration
	Lacking          string // the grant that one would need to change the profile, in words
	OfficeMail, Days string // as typed
	Closing          []string
	Forms            []models.FormEntry
	Stale            []string
}

// File implements Page.
func (*TownPage) File() string { return "town" }

// TownImportPage takes the official register, and first says what it would change.
type TownImportPage struct {
	Desk
	Forecast *TownForecast
}

// TownForecast is what an import would change, and the import itself, packed.
type TownForecast struct {
	Added, Renamed, Updated NameList
	Unchanged               int
	AsOf, Packed            string
	Warnings                []string
}

// NameList is some of many names.
type NameList struct {
	N     int
	First []string
}

// File implements Page.
func (*TownImportPage) File() string { return "townimport" }
