package templates

import (
	"slices"
	"strings"
	"time"

	"formwandel/models"
)

// LaneLine is what one side has to give and has given.
type LaneLine struct {
	Side          models.Side
	Needed, Given int
	By            []ApprovalLine
	Missing       string // and who could give it; "" when the lane is complete
}

// ApprovalLine is one approval; Hash is the content that it binds to.
type ApprovalLine struct {
	Name    string
	At      time.Time
	Version int
	Hash    string
}

// lanesOf are the lanes of both sides.
func lanesOf(words Catalogue, k Told) []LaneLine {
	c := k.Case
	out := []LaneLine{
		{Side: models.Municipal, Needed: c.NeedMunicipality, Given: c.GivenMunicipality},
		{Side: models.Provider, Needed: c.NeedProvider, Given: c.GivenProvider},
	}
	for i := range out {
		l := &out[i]
		for j, g := range c.Given {
			if g.Side == l.Side {
				l.By = append(l.By, ApprovalLine{g.By.Name, g.At, c.Approvals[j].Version, c.Approvals[j].ContentHash})
			}
		}
		if n := l.Needed - l.Given; n > 0 && undecided(c.Status) {
			l.Missing = missing(words, n, k.Around.CouldApprove[l.Side])
		}
	}
	return out
}

func undecided(s models.Status) bool {
	return slices.Contains([]models.Status{models.Submitted, models.InReview, models.Question}, s)
}

// missing says how many approvals a lane lacks and who could give them.
func missing(words Catalogue, n int, names []string) string {
	if len(names) == 0 {
		return words.Say("web.request.lane.nobody", map[string]any{"n": n})
	}
	const most = 6
	if len(names) > most {
		names = append(slices.Clone(names[:most]), "…")
	}
	return words.Say("web.request.lane.missing", map[string]any{"n": n, "names": strings.Join(names, ", ")})
}
