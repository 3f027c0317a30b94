package models

import "strconv"

// What a municipality's row says comes from two sides: the official register, and the municipality itself. An event of
// each holds a hash over its part, so that neither a mailbox nor a closing day is changed behind the record.

// townRow is a municipality as it is kept.
type townRow struct {
	AGS         string `gorm:"column:ags"`
	Name        string
	Kind        string
	PLZ         string `gorm:"column:plz"`
	Population  int64
	OfficeMail  string
	ClosingDays string // as it is kept: a list as JSON
	Policy      string
	AsOf        string
	Demo        bool
}

// TableName implements GORM's Tabler.
func (townRow) TableName() string { return "municipalities" }

// townHashLength is how much of a hash an import writes for each municipality: there may be some hundred.
const townHashLength = 32

// registered is a hash over what the register says.
func (m townRow) registered() string {
	return digest("register", m.AGS, m.Name, m.Kind, m.PLZ, strconv.FormatInt(m.Population, 10), m.AsOf, strconv.FormatBool(m.Demo))[:townHashLength]
}

// profile is a hash over what the municipality says about itself.
func (m townRow) profile() string { return digest("profile", m.AGS, m.OfficeMail, m.ClosingDays) }

// hasProfile tells whether it has ever said anything.
func (m townRow) hasProfile() bool { return m.OfficeMail != "" || m.ClosingDays != "[]" }

// row is how a municipality is kept.
func (m *Municipality) row() townRow {
	days, _ := m.ClosingDays.Value() // a list of words has always a text
	text, _ := days.(string)
	return townRow{m.AGS, m.Name, m.Kind, m.PLZ, m.Population, m.OfficeMail, text, m.Policy, m.AsOf, m.Demo}
}

// hearTown remembers what an event says of municipalities' rows. An import of an older program says nothing: whose
// rows it has changed is not known.
func (a *audit) hearTown(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	if e.Action != "import_municipalities" {
		a.profiles[e.AGS] = d.Profile
		return
	}
	if d.Towns == nil {
		clear(a.registers)
	}
	for ags, hash := range d.Towns {
		a.registers[ags] = hash
	}
}

// town holds a municipality against the events that set its policy, its profile and what the register says.
func (a *audit) town(m townRow) {
	said, heard := a.policy[m.AGS]
	if (heard && said != m.Policy) || (!heard && m.Policy != "{}") {
		a.found("approval policy is not what its history says", "municipality %s", m.AGS)
	}
	said, heard = a.profiles[m.AGS]
	if heard && said != "" && said != m.profile() || !heard && m.hasProfile() {
		a.found("office mailbox or closing days are not what its history says", "municipality %s", m.AGS)
	}
	if said = a.registers[m.AGS]; said != "" && said != m.registered() {
		a.found("name, kind, postcode or population are not what the last import says", "municipality %s", m.AGS)
	}
	delete(a.registers, m.AGS)
}
