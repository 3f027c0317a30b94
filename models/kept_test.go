package models_test

import (
	"reflect"
	"slices"
	"testing"
)

// unread are columns that a row type does not have, beside its seal: the words of a name are sealed with the salt elsewhere, and the rest
// belongs to the administration of people.
var unread = map[string][]string{"users": {"version", "signed_in_at", "off_at", "forgotten_at", "salt"}}

// TestRowsAreReadWholeAndRightly: a row type's list of columns is that of its table on either database, and what is read by it is what GORM reads.
func TestRowsAreReadWholeAndRightly(t *testing.T) {
	look(t, func(b *behind) {
		b.populate(7, 40)
		in := fee("2500", "2026-12-01")
		in.Content.Effective.Until = "2026-12-31"
		b.approved(b.file(b.Clerk, in).Number)
		b.at("2026-12-02 00:00:00")
		b.exec("UPDATE users SET address_by = ? WHERE id = ?", b.TenantAdmin.ID, b.Clerk2.ID)
		for _, both := range b.s.BothWays() {
			b.must(both.Err)
			have := slices.DeleteFunc(both.InTable, func(name string) bool {
				return name == "seal" && both.Table != "mails" || slices.Contains(unread[both.Table], name)
			})
			slices.Sort(have)
			slices.Sort(both.Read)
			if !slices.Equal(have, both.Read) {
				b.Errorf("%s has the columns %v, and %v are read", both.Table, have, both.Read)
			}
			if len(both.ByCells) < 7 || len(both.ByCells) != len(both.ByGORM) {
				b.Errorf("%d rows of %s are read, %d by GORM", len(both.ByCells), both.Table, len(both.ByGORM))
			}
			for i, row := range both.ByCells {
				if !reflect.DeepEqual(row, both.ByGORM[i]) {
					b.Errorf("%s: %+v is read instead of %+v", both.Table, row, both.ByGORM[i])
				}
			}
		}
	})
}
