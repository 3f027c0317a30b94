package models

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
)

// own takes the record's own checkpoints, in order: each is signed, and follows the one before.
func (a *audit) own(row checkpointRow) {
	a.report.Checkpoints++
	c, err := row.read()
	if err != nil {
		a.found("changed: "+err.Error(), "checkpoint %d", row.Number)
		return
	}
	if headLines(c.Heads) != row.Heads || c.Signature != row.Signature {
		a.found("changed: its text is not as it is written", "checkpoint %d", row.Number)
		return
	}
	if flaw := c.flaw(a.signers); flaw != "" {
		a.found(flaw, "checkpoint %d", c.Number)
		return
	}
	follows := c.Previous == noPrevious && c.Number == 1
	if before, ok := a.owned[c.Number-1]; ok {
		follows = c.Previous == before.Hash()
	}
	if !follows {
		a.found("does not follow the checkpoint before it", "checkpoint %d", c.Number)
	}
	a.keep(c.Heads, "checkpoint "+strconv.FormatInt(c.Number, 10))
	a.owned[c.Number] = c
}

// outside holds checkpoints that were kept elsewhere against the record's own.
func (a *audit) outside() {
	slices.SortStableFunc(a.Checkpoints, func(x, y Checkpoint) int { return cmp.Compare(x.Number, y.Number) })
	for _, c := range a.Checkpoints {
		where := "kept checkpoint " + strconv.FormatInt(c.Number, 10)
		if flaw := c.flaw(a.signers); flaw != "" {
			a.found(flaw, "%s", where)
			continue
		}
		a.keep(c.Heads, where)
		own, ok := a.owned[c.Number]
		switch {
		case a.Municipality != "": // a file of one municipality has none
		case !ok:
			a.found("is gone from the record", "checkpoint %d", c.Number)
		case own.Statement() != c.Statement():
			a.found("is another than the one kept elsewhere", "checkpoint %d", c.Number)
		}
	}
}

// spokenOf holds checkpoints and keys against the events that speak of them.
func (a *audit) spokenOf(keys []SigningKey) {
	for _, number := range slices.Sorted(maps.Keys(a.owned)) {
		name, c := "checkpoint "+strconv.FormatInt(number, 10), a.owned[number]
		if a.signed[name] != c.Hash() {
			a.found("is not the one that its event speaks of", "%s", name)
		}
		delete(a.signed, name)
	}
	for _, k := range keys {
		made, retired := a.keyTimes(k.ID)
		switch _, said := a.signed["key "+k.ID]; {
		case !said || k.public() == nil:
			a.found("no event speaks of it", "signing key %s", k.ID)
		case stamp(k.CreatedAt) != stamp(made) || stamped(k.RetiredAt) != stamped(retired):
			a.found("was made or retired otherwise than its history says", "signing key %s", k.ID)
		}
		delete(a.signed, "key "+k.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(a.signed)) {
		a.found("is not there, an event speaks of it", "%s", name)
	}
}

// keySaid is when a signing key was made, as its event says.
type keySaid struct {
	subject string
	at      time.Time
}

// keyTimes are when a key was made, and when it was retired: when the next one was made.
func (a *audit) keyTimes(id string) (made time.Time, retired *time.Time) {
	i := slices.IndexFunc(a.keyed, func(k keySaid) bool { return k.subject == "key "+id })
	if i < 0 {
		return made, nil
	}
	if i+1 < len(a.keyed) {
		retired = &a.keyed[i+1].at
	}
	return a.keyed[i].at, retired
}
