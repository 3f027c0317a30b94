package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Finding is one thing wrong with the record, named so that it can be looked up.
type Finding struct {
	Where string // "municipality 14625020 event 17", "form 14625020/… version 3", "request KA-2026-000001"
	What  string // changed, missing, reordered, …
}

func (f Finding) String() string { return f.Where + ": " + f.What }

// Head is the end of one chain: whoever keeps it elsewhere can prove later
// that nothing before it was changed.
type Head struct {
	Chain string // AGS
	Seq   int64
	Hash  string
}

// String is how a head is printed, kept and digested; see ReadHead.
func (h Head) String() string { return fmt.Sprintf("%s %d %s", h.Chain, h.Seq, h.Hash) }

// ReadHead reads what String has written.
func ReadHead(line string) (h Head, err error) {
	if _, err := fmt.Sscanf(line, "%s %d %s", &h.Chain, &h.Seq, &h.Hash); err != nil {
		return h, fmt.Errorf("%q: want \"chain sequence hash\" as audit head prints it", line)
	}
	return h, nil
}

// Report is what an audit has looked at and found.
type Report struct {
	Events, Versions, Requests, Checkpoints int
	Findings                                []Finding
	Notes                                   []string // what is no finding, and worth knowing
}

// Evidence is what an audit holds the record against, kept outside of it.
type Evidence struct {
	Heads        []Head           // as `audit head` printed them
	Noted        Ends             // as a server has noted them in its data folder
	Checkpoints  []Checkpoint     // as they were published, mailed, or written to files
	Keys         []SigningKey     // that are trusted; none: those that the record names
	Municipality string           // only this chain is there: a file of one municipality
	Progress     func(events int) // told now and then; may be nil
}

// maxFindings ends an audit that finds one thing after another.
const maxFindings = 1000

// Heads lists the end of every chain, and one digest over all of them.
func (s *Store) Heads(ctx context.Context) ([]Head, string, error) {
	ctx = asInstallation(ctx)
	var hs []Head
	err := s.reader.WithContext(ctx).Raw(`SELECT ags AS chain, seq, hash FROM chains WHERE seq > 0 ORDER BY ags`).Scan(&hs).Error
	return hs, digestOf(hs), trouble(err)
}

// digestOf is one digest over the ends of all chains.
func digestOf(hs []Head) string {
	parts := make([]string, 0, len(hs))
	for _, h := range hs {
		parts = append(parts, h.String())
	}
	return digest(parts...)
}

// Verify recomputes the record and holds it against the ends of chains that were kept.
func (s *Store) Verify(ctx context.Context, against []Head) (*Report, error) {
	return s.Audit(ctx, Evidence{Heads: against})
}

// Audit recomputes every chain from the rows, holds the chains against
// checkpoints and kept heads, and everything that stands in tables against what
// the chains say. It looks at one moment, while others go on working.
func (s *Store) Audit(ctx context.Context, ev Evidence) (*Report, error) {
	ctx = asInstallation(ctx)
	var report *Report
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		a := newAudit(ev)
		report = a.report
		l := &ledger{audit: a, ctx: ctx, db: db, beside: s.reader, s: s, postgres: s.postgres, words: newWordSums(), called: map[string][]string{}}
		if err := l.noted(); err != nil {
			return err
		}
		for _, step := range []func() error{l.guards, l.orphans, l.checkpoints, l.linkRows, l.wantsSeals, l.chains, l.versions, l.others, l.mails, l.log, l.doors, l.sealedCells, l.tallies, l.names, l.search, l.unsealed} {
			if err := step(); err != nil && !l.unreadable(err) {
				return err
			}
		}
		return nil
	})
	return report, trouble(err)
}

// audit is what an audit knows while rows pass by, wherever they come from.
type audit struct {
	Evidence
	report     *Report
	kept       map[string][]keptHead  // by chain, in order
	said       map[int64]int64        // form → the last version that a chain speaks of
	forms      map[int64]formSaid     // form → whose it is and of what
	spoken     map[string]bool        // hashes of versions that a chain speaks of
	heard      map[int64]*heard       // request → what its events say; taken away when it was looked at
	people     map[int64]*account     // account → what events say of it
	policy     map[string]string      // municipality → its policy as an event says
	profiles   map[string]string      // municipality → the hash over its profile as an event says, "" in those from before there was one
	registers  map[string]string      // municipality → the hash over what an import has written
	proposals  map[string]proposalRow // municipality → the policy that waits as events say
	signed     map[string]string      // subject of a checkpoint or key → its hash as an event says
	known      map[string]string      // questionnaire and version → its hash as an event says
	imported   map[string]time.Time   // the same → when it was imported
	titles     map[string]string      // the same → what an assistant is called in it
	grants     map[string]grantRow    // municipality and kind → the grant in force as events say
	uses       map[string]bool        // municipality and number of an event that was done under a grant
	newest     map[string]int64       // questionnaire → its version that was imported last
	calendars  map[int64]string       // account → the hash of its private calendar's secret as an event says, "" in records from before it was said
	settings   map[string]string      // setting that decides → the hash of its value as an event says
	factors    string                 // roles that ask for a second factor, as Requirement writes them
	tokens     map[tokenSaid]int      // tokens that events speak of, made before their rows were sealed
	issued     map[string]*issued     // and those made since, by the hash over their row
	held       map[string][]*issued   // the same by account
	signers    []SigningKey
	owned      map[int64]Checkpoint      // the record's own checkpoints
	forgotten  map[string]bool           // "user 17" → the person was forgotten
	keyed      []keySaid                 // signing keys in the order of their making
	imports    map[string]int            // assistant → imports from before events named what they imported
	office     bool                      // the installation's chain is there
	assistants shelf                     // forms' kinds
	blobs      shelf                     // documents
	secrets    shelf                     // protected values
	typed      map[string]bool           // what looks like a reference to one and is a text
	links      map[string][]*linkHistory // links by mail, by the subject of their events; in no file
	linked     []heldLink                // the same in order
	outbox     outbox
	runs       map[string]int // of retention, as events tell them
	sections   bool           // it is known in which sections lists find requests
	seen       int64          // the last line of the security log that an event knows of
}

// keptHead is a place of a chain that somebody outside knows.
type keptHead struct {
	seq   int64
	hash  string
	where string // "the kept head", "checkpoint 17"
}

func newAudit(ev Evidence) *audit {
	a := &audit{
		Evidence: ev, report: &Report{}, kept: map[string][]keptHead{}, said: map[int64]int64{}, spoken: map[string]bool{}, heard: map[int64]*heard{},
		people: map[int64]*account{}, policy: map[string]string{}, profiles: map[string]string{}, registers: map[string]string{}, proposals: map[string]proposalRow{}, signed: map[string]string{}, known: map[string]string{}, imported: map[string]time.Time{}, titles: map[string]string{}, signers: ev.Keys, owned: map[int64]Checkpoint{},
		grants: map[string]grantRow{}, uses: map[string]bool{}, tokens: map[tokenSaid]int{}, issued: map[string]*issued{}, held: map[string][]*issued{},
		forms: map[int64]formSaid{}, settings: map[string]string{}, calendars: map[int64]string{}, newest: map[string]int64{}, links: map[string][]*linkHistory{}, factors: factorsAtFirst,
		forgotten: map[string]bool{}, imports: map[string]int{}, assistants: newShelf("assistant"), blobs: newShelf("document"), secrets: newShelf("protected value"), typed: map[string]bool{}, outbox: newOutbox(), runs: map[string]int{},
	}
	a.keep(ev.Heads, "the kept head")
	return a
}

func (a *audit) found(what, where string, args ...any) {
	if len(a.report.Findings) < maxFindings {
		a.report.Findings = append(a.report.Findings, Finding{fmt.Sprintf(where, args...), what})
	}
}

// missing reports what is not there of a numbered sequence, until is the first that is: its number goes behind the
// arguments. One tampered number may name more than anybody could count, so it ends where the findings do.
func (a *audit) missing(from, until int64, where string, args ...any) {
	for n := from; n < until && len(a.report.Findings) < maxFindings; n++ {
		a.found("missing", where, append(slices.Clip(args), n)...)
	}
}

// keep takes the ends of chains as what must still be there.
func (a *audit) keep(hs []Head, where string) {
	for _, h := range hs {
		if a.Municipality == "" || h.Chain == a.Municipality {
			a.kept[h.Chain] = append(a.kept[h.Chain], keptHead{h.Seq, h.Hash, where})
		}
	}
}

// settled puts what was kept in order, once all of it is known.
func (a *audit) settled() {
	for chain, ks := range a.kept {
		slices.SortStableFunc(ks, func(x, y keptHead) int { return cmp.Or(cmp.Compare(x.seq, y.seq), cmp.Compare(x.hash, y.hash)) })
		a.kept[chain] = slices.CompactFunc(ks, func(x, y keptHead) bool { return x.seq == y.seq && x.hash == y.hash })
	}
}

// unvisited reports the chains that are known from outside and not there.
func (a *audit) unvisited() {
	for _, chain := range slices.Sorted(maps.Keys(a.kept)) {
		last := a.kept[chain][len(a.kept[chain])-1]
		a.found(fmt.Sprintf("is gone, %s knows it up to event %d", last.where, last.seq), "municipality %s chain", chain)
	}
}

// gone reports requests that events speak of and that are not there.
func (a *audit) gone() {
	for _, id := range slices.Sorted(maps.Keys(a.heard)) {
		a.found("is not there, events of municipality "+a.heard[id].ags+" speak of it", "request with id %d", id)
	}
	clear(a.heard)
}
