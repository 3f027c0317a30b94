package templates

// Setting is one setting of the program as administration may read it: never a secret.
type Setting struct {
	Name, Value string
	Default     bool // nobody has set it
	Secret      bool // it is set, and not shown
}

// SettingsPage shows how the program is set up; nothing can be changed here.
type SettingsPage struct {
	Desk
	Version, Database string
	Schema            int64
	Settings          []Setting
	NoContact         bool // nobody is named to whom finders of weaknesses write
}

// File implements Page.
func (*SettingsPage) File() string { return "settings" }
