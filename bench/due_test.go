package bench

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/modelstest"
)

// BenchmarkDue lets New Year come for many approved changes: each makes an
// event, a version of the configuration and its mails, against the same rows
// in bare SQL, 1,000 requests a transaction.
func BenchmarkDue(b *testing.B) {
	n := size(10_000, 100_000)
	b.Run("sqlite", func(b *testing.B) {
		d, bare := newDue(b, "sqlite"), newBareDue(b, "sqlite", 1)
		compare(b, fmt.Sprintf("%d due changes applied, sqlite", n), "100,000 in 10 s", size(3, 1),
			func() float64 { return d.apply(b, n, 1) }, func() float64 { return bare.apply(b, n) })
	})
	for _, instances := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("postgres/%d", instances), func(b *testing.B) {
			d, bare := newDue(b, "postgres"), newBareDue(b, "postgres", instances)
			compare(b, fmt.Sprintf("%d due changes applied, postgres, %d instances", n, instances), "", size(3, 1),
				func() float64 { return d.apply(b, n, instances) }, func() float64 { return bare.apply(b, n) })
		})
	}
}

const dueTowns = 420

// newYear is when everything is due.
var newYear = time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)

// due is an installation in which many changes wait for their day.
type due struct {
	*office
	load                       *loader
	proto                      *models.Case // an approved change
	request, change, approvals *rows
	forms                      map[string]int64
	value                      map[string]int // the last planned value of each town's form
	last                       map[string]int64
	ids                        map[string][]int64 // of the last load, by town
}

func newDue(b testing.TB, kind string) *due {
	b.Helper()
	d := &due{office: newOffice(b, kind, dueTowns), value: map[string]int{}, last: map[string]int64{}}
	d.load = d.loader(b)
	t := d.towns[0]
	d.proto = d.approved(b, t)
	where, db := fmt.Sprintf("request_id = %d", d.proto.ID), d.bare(b, 2)
	d.request = readRows(b, db, "requests", fmt.Sprintf("id = %d", d.proto.ID))
	d.change = readRows(b, db, "changes", where)
	d.approvals = readRows(b, db, "approvals", where).without("id")
	d.forms = formsOf(b, db)
	// the prototype itself is out of the way
	_, err := d.Do(ctx, t.clerk, d.proto.Number, models.Withdraw, models.Input{Version: d.proto.Version})
	must(b, err)
	return d
}

// approved files a change and gets it approved on both sides.
func (o *office) approved(b testing.TB, t town) *models.Case {
	b.Helper()
	c, err := o.File(ctx, t.clerk, filing(t.ags, 0))
	must(b, err)
	for _, s := range []struct {
		who models.User
		do  models.Action
	}{{o.agent, models.Claim}, {t.approver, models.Approve}, {o.lead, models.Approve}} {
		c, err = o.Do(ctx, s.who, c.Number, s.do, models.Input{Version: c.Version})
		must(b, err)
	}
	if c.Status != models.Approved {
		b.Fatalf("%s is %s", c.Number, c.Status)
	}
	return c
}

// plant loads n approved changes, spread over the towns, each building on the one before.
func (d *due) plant(b testing.TB, n int) {
	b.Helper()
	base := d.load.number(b, "SELECT max(id) FROM requests")
	approval := d.load.number(b, "SELECT max(id) FROM approvals")
	type item struct {
		town     town
		form, id int64
		old, new string
		hash     string
		builds   any
	}
	items := make([]item, n)
	d.ids = map[string][]int64{}
	for i := range items {
		t := d.towns[i%len(d.towns)]
		old, id := 2000, base+1+int64(i)
		if v, ok := d.value[t.ags]; ok {
			old = v
		}
		it := item{town: t, form: d.forms[t.ags], id: id, old: strconv.Itoa(old), new: strconv.Itoa(old + 1)}
		if last, ok := d.last[t.ags]; ok {
			it.builds = last
		}
		it.hash = contentHash(it.form, &d.proto.Request, it.new)
		d.value[t.ags], d.last[t.ags] = old+1, id
		d.ids[t.ags] = append(d.ids[t.ags], id)
		items[i] = it
	}
	d.load.rows(b, "requests", d.request.columns, n, func(i int) []any {
		it := items[i]
		return d.request.with(0, map[string]any{"id": it.id, "number": fmt.Sprintf("KA-2026-%06d", it.id), "ags": it.town.ags, "form_id": it.form, "author_id": it.town.clerk.ID, "content_hash": it.hash})
	})
	d.load.rows(b, "changes", d.change.columns, n, func(i int) []any {
		it := items[i]
		return d.change.with(0, map[string]any{"request_id": it.id, "old": it.old, "new": it.new, "builds_on": it.builds})
	})
	k := len(d.approvals.values)
	d.load.rows(b, "approvals", append([]string{"id"}, d.approvals.columns...), n*k, func(i int) []any {
		it := items[i/k]
		set := map[string]any{"request_id": it.id, "content_hash": it.hash}
		if s := fmt.Sprint(d.approvals.with(i%k, nil)[1]); s == string(models.Municipal) {
			set["user_id"] = it.town.approver.ID
		}
		return append([]any{approval + 1 + int64(i)}, d.approvals.with(i%k, set)...)
	})
	if d.kind == "postgres" {
		d.load.exec(b, "SELECT setval('requests_id_seq', (SELECT max(id) FROM requests)), setval('approvals_id_seq', (SELECT max(id) FROM approvals))")
		d.load.exec(b, "ANALYZE")
	}
}

// apply plants n changes, lets New Year come and returns how many a second
// the clocks of some instances applied.
func (d *due) apply(b testing.TB, n, instances int) float64 {
	b.Helper()
	modelstest.SetNow(b, d.Store, modelstest.Epoch)
	d.plant(b, n)
	stores := []*models.Store{d.Store}
	for len(stores) < instances {
		s, err := models.Open(models.Options{URL: d.url, Host: "formwandel.example", Team: team})
		must(b, err)
		stores = append(stores, s)
	}
	for _, s := range stores {
		modelstest.SetNow(b, s, newYear)
	}
	before := d.load.number(b, "SELECT count(*) FROM configurations WHERE cause = 'apply'")
	steps := make([]int, instances)
	speed := perSecond(n, func() {
		together(b, instances, func(i int) (err error) { steps[i], _, err = stores[i].Knock(ctx); return err })
	})
	for _, s := range stores[1:] {
		must(b, s.Close())
	}
	if made := d.load.number(b, "SELECT count(*) FROM configurations WHERE cause = 'apply'") - before; made != int64(n) {
		b.Fatalf("%d of %d changes were applied", made, n)
	}
	b.Logf("%s, %d instances: %d changes at %.0f/s, steps %v", d.kind, instances, n, speed, steps)
	return speed
}

// bareDue writes what applying writes without the program.
type bareDue struct {
	*due
	lines           []*line
	config, ev, pen *rows
	after           []any
	seq, number     map[string]int64
}

func newBareDue(b testing.TB, kind string, conns int) *bareDue {
	b.Helper()
	o := &bareDue{due: newDue(b, kind), seq: map[string]int64{}, number: map[string]int64{}}
	// one change is applied by the program, to see what it writes
	t := o.towns[1]
	c := o.approved(b, t)
	modelstest.SetNow(b, o.Store, newYear)
	_, _, err := o.Knock(ctx)
	must(b, err)
	db := o.bare(b, conns+1)
	o.config = readRows(b, db, "configurations", fmt.Sprintf("request_id = %d", c.ID))
	o.ev = readRows(b, db, "events", fmt.Sprintf("request_id = %d AND action = 'apply'", c.ID))
	o.pen = readRows(b, db, "mails", fmt.Sprintf("request_id = %d AND kind = 'applied'", c.ID)).without("id")
	done := readRows(b, db, "requests", fmt.Sprintf("id = %d", c.ID))
	for _, column := range []string{"status", "version", "updated_at", "applied_at", "apply_at", "accept_by", "config_number", "knock_at", "knock_rank", "open", "planned", "waiting"} {
		for i, name := range done.columns {
			if name == column {
				o.after = append(o.after, done.values[0][i])
			}
		}
	}
	for _, r := range readRows(b, db, "chains", "1 = 1").values {
		o.seq[r[0].(string)] = r[1].(int64)
	}
	for ags, form := range o.forms {
		o.number[ags] = readRows(b, db, "forms", fmt.Sprintf("id = %d", form)).without("maintenance").values[0][4].(int64)
	}
	for range conns {
		o.lines = append(o.lines, newLine(b, kind, db))
	}
	return o
}

// apply plants n changes and writes what applying them writes, 1,000 a
// transaction, the towns dealt out to the lines.
func (o *bareDue) apply(b testing.TB, n int) float64 {
	b.Helper()
	o.plant(b, n)
	type todo struct {
		ags            string
		id, seq, numbr int64
	}
	work := make([][]todo, len(o.lines))
	for i, t := range o.towns {
		w := &work[i%len(work)]
		for _, id := range o.ids[t.ags] {
			o.seq[t.ags]++
			o.number[t.ags]++
			*w = append(*w, todo{t.ags, id, o.seq[t.ags], o.number[t.ags]})
		}
	}
	return perSecond(n, func() {
		together(b, len(work), func(g int) error {
			for part := range chunks(len(work[g]), 1000) {
				err := o.lines[g].in(func() error {
					for _, t := range work[g][part[0]:part[1]] {
						if err := o.one(o.lines[g], t.ags, t.id, t.seq, t.numbr); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// chunks cuts n into parts of k.
func chunks(n, k int) func(yield func([2]int) bool) {
	return func(yield func([2]int) bool) {
		for from := 0; from < n; from += k {
			if !yield([2]int{from, min(n, from+k)}) {
				return
			}
		}
	}
}

func (o *bareDue) one(l *line, ags string, id, seq, number int64) error {
	form, hash := o.forms[ags], random(32)
	args := append([]any{}, o.after...)
	err := l.exec(`UPDATE requests SET status = ?, version = ?, updated_at = ?, applied_at = ?, apply_at = ?, accept_by = ?, config_number = ?, knock_at = ?, knock_rank = ?, open = ?, planned = ?, waiting = ? WHERE id = ?`, append(args, id)...)
	if err != nil {
		return err
	}
	statements := []statement{
		{o.config.insert("sqlite"), o.config.with(0, map[string]any{"form_id": form, "number": number, "request_id": id, "hash": hash})},
		{`UPDATE forms SET live = ? WHERE id = ?`, []any{number, form}},
		{o.ev.insert("sqlite"), o.ev.with(0, map[string]any{"ags": ags, "seq": seq, "request_id": id, "hash": hash})},
	}
	for i := range o.pen.values {
		statements = append(statements, statement{o.pen.insert("sqlite"), o.pen.with(i, map[string]any{"ags": ags, "request_id": id, "event_seq": seq, "message_id": "<" + random(12) + "@formwandel.example>"})})
	}
	statements = append(statements, statement{`UPDATE chains SET seq = ?, hash = ? WHERE ags = ?`, []any{seq, hash, ags}})
	for _, s := range statements {
		if err := l.exec(s.sql, s.args...); err != nil {
			return err
		}
	}
	return nil
}
