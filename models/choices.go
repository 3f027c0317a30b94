package models

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Choice is something to choose from a list: a key and its name.
type Choice struct{ Key, Name string }

// Choices are what a person can narrow the queue to, by name.
type Choices struct {
	Municipalities []Choice // those with forms; empty for a municipality's people, who see only their own
	Assistants     []Choice
	Sections       []Choice
	Agents         []Person // whom a request can be assigned to; for the provider's people only
}

// Choices tells what a person can narrow the queue to.
func (s *Store) Choices(ctx context.Context, u User) (Choices, error) {
	ctx = as(ctx, u)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return Choices{}, err
	}
	c := cat.choices(u)
	if u.IsProvider() {
		c.Agents, err = s.agents(ctx)
	}
	return c, err
}

// choices are those in memory: what the forms that a person may see have in them.
func (c *catalogue) choices(u User) Choices {
	towns, kinds, sections := map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range c.forms {
		if !u.Sees(f.AGS) {
			continue
		}
		towns[f.AGS], kinds[f.Assistant] = c.name(f.AGS), c.title(f.Assistant)
		if d := c.definition(f.Assistant, f.Definition); d != nil {
			for _, s := range d.Sections {
				sections[s.Key] = s.Title
			}
		}
	}
	out := Choices{Assistants: byName(kinds), Sections: byName(sections)}
	if u.AGS == "" {
		out.Municipalities = byName(towns)
	}
	return out
}

// byName sorts as a German list is read.
func byName(names map[string]string) []Choice {
	out := make([]Choice, 0, len(names))
	for key, name := range names {
		out = append(out, Choice{key, name})
	}
	german := collate.New(language.German)
	slices.SortFunc(out, func(a, b Choice) int {
		return cmp.Or(german.CompareString(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// mostAgents bounds how many people a list of agents offers.
const mostAgents = 200

// agents are the people who can work on requests, by name.
func (s *Store) agents(ctx context.Context) ([]Person, error) {
	var us []User
	err := s.reader.WithContext(ctx).Raw(`SELECT u.id, u.name FROM users u JOIN user_roles r ON r.user_id = u.id
		WHERE u.ags IS NULL AND u.active AND r.role = ? ORDER BY u.name, u.id LIMIT ?`, Agent, mostAgents).Scan(&us).Error
	out := make([]Person, 0, len(us))
	for _, x := range us {
		out = append(out, x.person())
	}
	return out, trouble(err)
}
