package models_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"formwandel/models"
)

// TestReceiptsAfterARename: two people swap their names, and a receipt made
// after that still says of every act what the record says; only the names,
// which stand apart with their day, are others.
func TestReceiptsAfterARename(t *testing.T) {
	look(t, func(b *behind) {
		dir := b.TempDir()
		n := b.file(b.Clerk, fee("2500", "2027-01-01")).Number
		b.approved(n)
		b.must(last(b.s.Checkpoint(ctx, dir, "")))
		keys, err := b.s.SigningKeys(ctx)
		b.must(err)
		before := b.receipt(dir, n)
		b.exec("UPDATE users SET name = 'Tausch' WHERE email = '" + b.Clerk.Email + "'")
		b.exec("UPDATE users SET name = '" + b.Clerk.Name + "' WHERE email = '" + b.Approver.Email + "'")
		after := b.receipt(dir, n)
		if !reflect.DeepEqual(before.Events, after.Events) || before.NamesAsOf != after.NamesAsOf || before.NamesAsOf == "" {
			b.Errorf("a name changed what is said of the acts:\n%+v\n%+v", before.Events, after.Events)
		}
		for _, r := range []*models.Receipt{before, after} {
			if flaws := r.Flaws(keys); len(flaws) != 0 {
				b.Errorf("%v", flaws)
			}
		}
		called := func(r *models.Receipt, u models.User) (name string) {
			for _, p := range r.People {
				if p.Account == u.ID {
					name = p.Name
				}
			}
			return name
		}
		if called(before, b.Clerk) != b.Clerk.Name || called(after, b.Clerk) != "Tausch" || called(after, b.Approver) != b.Clerk.Name {
			b.Errorf("%+v\n%+v", before.People, after.People)
		}
	})
}

// TestReceiptsOfTheFirstFormat still hold: who kept one can go on proving with it.
func TestReceiptsOfTheFirstFormat(t *testing.T) {
	look(t, func(b *behind) {
		dir := b.TempDir()
		n := b.file(b.Clerk, fee("2500", "2027-01-01")).Number
		b.approved(n)
		b.must(last(b.s.Checkpoint(ctx, dir, "")))
		keys, err := b.s.SigningKeys(ctx)
		b.must(err)
		r := b.receipt(dir, n)
		r.Format, r.NamesAsOf, r.People = 1, "", nil
		for i := range r.Events {
			name := "Jemand"
			if i == 1 {
				name = "" // a name may be missing, and was signed as missing
			}
			r.Events[i].Who, r.Events[i].Account, r.Events[i].Lane = &name, 0, ""
		}
		b.must(models.SignReceipt(dir, keys[0], r))
		text, err := json.Marshal(r)
		b.must(err)
		if bytes.Contains(text, []byte(`"account"`)) || !bytes.Contains(text, []byte(`"who":""`)) {
			b.Errorf("not as it was: %s", text)
		}
		old, err := models.ReadReceipt(text)
		b.must(err)
		if flaws := old.Flaws(keys); len(flaws) != 0 {
			b.Errorf("%v", flaws)
		}
	})
}

// receipt makes a receipt and reads it as whoever gets it does.
func (b *behind) receipt(dir, number string) *models.Receipt {
	b.Helper()
	r, err := b.s.Receipt(ctx, b.Clerk, dir, number)
	b.must(err)
	text, err := json.Marshal(r)
	b.must(err)
	r, err = models.ReadReceipt(text)
	b.must(err)
	return r
}
