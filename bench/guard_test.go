package bench

import (
	"fmt"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/modelstest"
)

// BenchmarkGuard files, and reads pages, as the role that row-level security
// holds for, against a superuser, whom it lets pass, in the same database.
func BenchmarkGuard(b *testing.B) {
	for _, n := range []int{1, 4} {
		b.Run(fmt.Sprintf("filing/%d", n), func(b *testing.B) {
			o := newOffice(b, "postgres", towns)
			past := *o
			past.Store = unguarded(b, o.url)
			o.fileMany(b, n)
			past.fileMany(b, n)
			compare(b, fmt.Sprintf("filing behind row-level security, %d at a time, against without", n), "≥ 0.9", 41,
				func() float64 { return o.fileMany(b, n) }, func() float64 { return past.fileMany(b, n) })
		})
	}
	a := newArchive(b, "postgres", 20_000, open)
	office := *a.office
	office.Store = unguarded(b, a.url)
	past := *a
	past.office = &office
	for _, q := range questions {
		b.Run(strings.ReplaceAll(q.name, " ", "_"), func(b *testing.B) {
			a.ask(b, q)
			past.ask(b, q)
			compare(b, q.name+" behind row-level security, against without", "≥ 0.9", 15,
				func() float64 { return a.ask(b, q) }, func() float64 { return past.ask(b, q) })
		})
	}
}

// unguarded opens a database as a superuser.
func unguarded(b *testing.B, url string) *models.Store {
	b.Helper()
	return modelstest.Open(b, modelstest.Superuser(b, url))
}
