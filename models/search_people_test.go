package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// joins is a new account of somebody with a name that nobody else has.
func (b *behind) joins(ags, name string, roles ...models.Role) models.User {
	b.Helper()
	email := strings.ToLower(strings.Map(func(r rune) rune {
		if r < 'A' || r > 'z' {
			return -1
		}
		return r
	}, name)) + "@amt.example"
	b.must(last(b.s.AddUser(ctx, models.NewUser{AGS: ags, Email: email, Name: name, Roles: roles})))
	return SignIn(b, b.s, email)
}

// calls renames somebody, as the administration does.
func (b *behind) calls(u models.User, name string) {
	b.Helper()
	admin := b.Admin
	if u.AGS != "" {
		admin = b.TenantAdmin
	}
	m := b.person(u.Email)
	b.must(b.s.ChangePerson(ctx, admin, m.ID, m.Version, models.PersonChange{Name: name, Locale: "de", Roles: m.Roles}, nil))
}

// finding holds what both sides find by some words.
func (b *behind) finding(q string, clerk, agent []string) {
	b.Helper()
	if got := b.finds(b.Clerk, q); !slices.Equal(got, clerk) {
		b.Errorf("the clerk finds %v by %q, want %v", got, q, clerk)
	}
	if got := b.finds(b.Agent, q); !slices.Equal(got, agent) {
		b.Errorf("the agent finds %v by %q, want %v", got, q, agent)
	}
}

// TestARequestIsFoundByWhoTookPart from the step on by which they do, and by everybody to the end.
func TestARequestIsFoundByWhoTookPart(t *testing.T) {
	look(t, func(b *behind) {
		type part struct {
			name string
			as   func(u models.User, number string)
			ags  string
			role models.Role
		}
		step := func(a models.Action, comment string) func(models.User, string) {
			return func(u models.User, number string) { b.do(u, number, a, comment) }
		}
		parts := []part{
			{"Quastenflosser", func(u models.User, n string) { b.must(last(b.s.Comment(ctx, u, n, "Gelesen.", false, nil))) }, "", models.Agent},
			{"Zimtschnecke", func(u models.User, n string) {
				b.must(last(b.s.Attach(ctx, u, n, "beschluss.txt", []byte("Beschluss"), nil)))
			}, Bautzen, models.Clerk},
			{"Ginster", func(u models.User, n string) {
				b.must(last(b.try(u, n, models.Edit, models.Input{Content: edited("Saal 7")})))
			}, Bautzen, models.Clerk},
			{"Wacholder", step(models.Claim, ""), "", models.Agent},
			{"Holunder", func(u models.User, n string) { b.must(last(b.assign(b.Agent2, n, u.ID))) }, "", models.Agent},
			{"Schlehdorn", step(models.Approve, ""), Bautzen, models.Approver},
			{"Liguster", step(models.Approve, ""), "", models.Lead},
			{"Berberitze", step(models.Withdraw, ""), Bautzen, models.Clerk},
		}
		author := b.joins(Bautzen, "Kornelkirsche", models.Clerk)
		number := b.file(author, wording("Raum 7")).Number
		b.file(b.Clerk, wording("Raum 8"))
		found := []string{number}
		b.finding("Kornelkirsche", found, found)
		for _, p := range parts {
			u := b.joins(p.ags, p.name, p.role)
			b.finding(p.name, []string{}, []string{})
			p.as(u, number)
			b.finding(p.name, found, found)
		}
		for _, p := range parts {
			b.finding(p.name, found, found)
			if got := b.finds(b.LeipzigClerk, p.name); len(got) != 0 {
				b.Errorf("Leipzig's clerk finds %v by %q", got, p.name)
			}
		}
		b.finding("Bearbeitung 2 KISA", found, found) // who has assigned it
		b.finding("Quastenflosser Ginster Saal", found, found)
		b.audit()
	})
}

// TestWhoOnlyWroteInternallyIsFoundInternally, until everybody reads of them.
func TestWhoOnlyWroteInternallyIsFoundInternally(t *testing.T) {
	look(t, func(b *behind) {
		u := b.joins("", "Wacholder", models.Agent)
		n := b.file(b.Clerk, wording("Raum 7")).Number
		b.must(last(b.s.Comment(ctx, u, n, "Die Kommune zögert.", true, nil)))
		b.finding("Wacholder", []string{}, []string{n})
		b.finding("Wach", []string{}, []string{n})
		b.finding("Wacholder Raum", []string{}, []string{n})
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Wird das etwas?", false, nil)))
		b.finding("Wacholder", []string{}, []string{n})
		b.do(u, n, models.Claim, "")
		b.finding("Wacholder", []string{n}, []string{n})
	})
}

// TestWhoIsRenamedIsFoundByTheNewName at once, on every instance, and by the old one no longer.
func TestWhoIsRenamedIsFoundByTheNewName(t *testing.T) {
	look(t, func(b *behind) {
		u, agent := b.joins(Bautzen, "Kornelkirsche", models.Clerk), b.joins("", "Wacholder", models.Agent)
		n := b.file(u, wording("Raum 7")).Number
		b.do(agent, n, models.Claim, "")
		other, found := b.instance(), []string{n}
		b.finding("Kornelkirsche Wacholder", found, found)
		b.calls(u, "Felsenbirne")
		b.calls(agent, "Holunder")
		for range 2 {
			for _, q := range []string{"Felsenbirne", "Felsenb", "Holunder", "Holunder Felsenbirne", "felsenbirne hol"} {
				b.finding(q, found, found)
			}
			for _, q := range []string{"Kornelkirsche", "Wacholder", "Wach", "Holunder Kornelkirsche"} {
				b.finding(q, []string{}, []string{})
			}
			b.s = other
		}
	})
}

// TestNamesAreSearchedAsTheyAreTyped: whole or half, with umlauts or without, beside other words.
func TestNamesAreSearchedAsTheyAreTyped(t *testing.T) {
	look(t, func(b *behind) {
		u := b.joins(Bautzen, "Jürgen Müller-Lüdenscheidt, Bürgerbüro 17", models.Clerk)
		n := b.tellsOf(u, Bautzen+"/"+Birth, "Die Gebühr ist zu hoch", "")
		for i := range 17 {
			b.tellsOf(b.Clerk, Bautzen+"/"+Birth, strings.Repeat("x", i+1), "")
		}
		told := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Herr Müller hat angerufen", "")
		found, both, seventeen := []string{n}, []string{told, n}, []string{"KA-2026-000018", "KA-2026-000017"} // one by its number, one by its room
		for q, want := range map[string][]string{
			"Lüdenscheidt": found, "Luedenscheidt": found, "LUDENSCHEIDT": found, "lüdensch": found, "Lü": found, "Müller-Lüdenscheidt": found, "jürgen müller": found, "Buergerbuero": found,
			"Lüdenscheidt Gebühr": found, "Gebühr Lüdenscheidt": found, "hoch lüd": found, "Lüdenscheidt geb": found, "Jürgen Müller zu hoch": found,
			"Müller": both, "Mueller": both, "Muller": both, "müll": both, "Müller angerufen": {told}, "Müller Gebühr": found, "angerufen Müller": {told}, "Bürgerbüro 17": found,
			"17": seventeen, "§17": seventeen, "Lüdenscheidt angerufen": {}, "üdenscheidt": {}, "Lüdenscheidt Hund": {}, "Lüdenscheidt 18": {},
		} {
			b.finding(q, want, want)
		}
		if by, as := b.finds(b.Agent, fmt.Sprint("§", u.ID)), b.finds(b.Agent, fmt.Sprint(u.ID)); !slices.Equal(by, as) || slices.Contains(by, n) {
			b.Errorf("the word of a person can be typed: it finds %v, its figure %v", by, as)
		}
	})
}

// TestTheIndexHoldsNoNames: a word for each person, and no word of anybody's name.
func TestTheIndexHoldsNoNames(t *testing.T) {
	look(t, func(b *behind) {
		u := b.leaver()
		words := b.indexWords()
		if !slices.Contains(words, fmt.Sprint("§", u.ID)) || !slices.Contains(words, "mandant"+Bautzen) {
			b.Fatalf("these are no words of the index: %q", words)
		}
		for _, w := range words {
			for _, name := range []string{"zwets", "ottil", "burgerb", "sachbearbeit", "kisa", "vertret"} {
				if strings.HasPrefix(w, name) {
					b.Errorf("the index holds %q", w)
				}
			}
		}
	})
}

// indexWords are all words of the index.
func (b *behind) indexWords() []string {
	b.Helper()
	if !b.sqlite() {
		return b.column("SELECT DISTINCT unnest(tsvector_to_array(everything)) FROM search UNION SELECT DISTINCT unnest(tsvector_to_array(words)) FROM search")
	}
	b.exec("CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5vocab (search, row)")
	return b.column("SELECT term FROM terms UNION SELECT word FROM search_words")
}

// TestForgottenPeopleAreFoundByThePseudonym alone, in every part that they had.
func TestForgottenPeopleAreFoundByThePseudonym(t *testing.T) {
	look(t, func(b *behind) {
		u := b.joins("", "Wacholder", models.Agent)
		n := b.file(b.Clerk, wording("Raum 7")).Number
		b.do(u, n, models.Claim, "")
		b.must(last(b.s.Comment(ctx, u, n, "Gelesen.", false, nil)))
		m := b.person(u.Email)
		b.must(b.s.SwitchPerson(ctx, b.Admin, m.ID, m.Version, false, nil))
		b.finding("Wacholder", []string{n}, []string{n})
		b.must(last(b.s.ForgetPerson(ctx, u.Email)))
		for _, q := range []string{"Wacholder", "Wach", fmt.Sprint(u.ID)} {
			b.finding(q, []string{}, []string{})
		}
		b.finding(fmt.Sprint("Ehemalige Person ", u.ID), []string{n}, []string{n})
		if got := b.column("SELECT word FROM name_words WHERE word LIKE 'wach%'"); len(got) != 0 {
			b.Errorf("%q are left", got)
		}
	})
}

// TestAClerkLearnsOfNobodyElsewhere: with other people's names in the database, a municipality's search asks word for word the same.
func TestAClerkLearnsOfNobodyElsewhere(t *testing.T) {
	look(t, func(b *behind) {
		b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Die Gebühr für Wacholder", "")
		l := listen(b, b.s)
		queries := []string{"Wacholder", "Wach", "Wacholder Gebühr", "Gebühr Holunder", "Holunder"}
		asked := func(u models.User) (out string) {
			for _, q := range queries {
				for _, x := range l.during(func() { b.finds(u, q) }) {
					if strings.Contains(x.sql, " search ") {
						out += fmt.Sprintln(x)
					}
				}
			}
			return out
		}
		clerk, agent := asked(b.Clerk), asked(b.Agent)
		if strings.Contains(clerk+agent, "§") {
			b.Errorf("words of nobody's name are searched as people's: %s", clerk+agent)
		}
		b.joins(Leipzig, "Wacholder Holunder", models.Clerk)
		if now := asked(b.Clerk); now != clerk {
			b.Errorf("Leipzig's people are asked for:\n%s\n%s", clerk, now)
		}
		if now := asked(b.Agent); !strings.Contains(now, "§") {
			b.Errorf("the agent's search does not know Leipzig's people: %s", now)
		}
		b.joins("", "Wacholder", models.Agent)
		if now := asked(b.Clerk); now == clerk || !strings.Contains(now, "§") {
			b.Errorf("the provider's people are not asked for: %s", now)
		}
	})
}

// TestAnEmptiedIndexKnowsPeopleAgain: migrating makes names and parts anew from the records.
func TestAnEmptiedIndexKnowsPeopleAgain(t *testing.T) {
	look(t, func(b *behind) {
		n := b.file(b.Clerk, wording("Raum 7")).Number
		for i, name := range []string{"Wacholder", "Holunder"} {
			b.must(last(b.s.Comment(ctx, b.joins("", name, models.Agent), n, "Gelesen.", i > 0, nil)))
		}
		b.must(last(b.assign(b.Agent, n, b.joins("", "Ginster", models.Agent).ID)))
		b.must(last(b.assign(b.Agent, n, b.Agent2.ID)))
		b.exec("DELETE FROM name_words")
		b.emptyIndex()
		b.must(b.s.Migrate(ctx))
		found := []string{n}
		for _, q := range []string{"Wacholder", "Ginster", "Bearbeitung KISA", "Sachbearbeitung Bautzen"} {
			b.finding(q, found, found)
		}
		b.finding("Holunder", []string{}, found)
	})
}

// TestARestoredRecordKnowsPeople on the other database, too.
func TestARestoredRecordKnowsPeople(t *testing.T) {
	look(t, func(b *behind) {
		n := b.file(b.Clerk, wording("Raum 7")).Number
		b.must(last(b.s.Comment(ctx, b.joins("", "Wacholder", models.Agent), n, "Gelesen.", false, nil)))
		file := b.backedUp()
		for _, to := range Databases {
			copied := &story{T: b.T, Cast: b.Cast, s: Open(b.T, URL(b.T, to))}
			copied.must(last(copied.s.Restore(ctx, gzipped(file))))
			if got := copied.finds(b.Clerk, "Wachold"); !slices.Equal(got, []string{n}) {
				b.Errorf("on %s: %v", to, got)
			}
		}
	})
}

// TestAWordStandsForSoManyPeople, those first who have more of the searched words, then those who were here last.
func TestAWordStandsForSoManyPeople(t *testing.T) {
	look(t, func(b *behind) {
		old, late := b.joins("", "Vielgestalt Altmeister", models.Agent), b.joins("", "Vielgestalt Neuling", models.Agent)
		var numbers []string
		for _, u := range []models.User{old, late} {
			numbers = append(numbers, b.file(b.Clerk, wording("Raum 7")).Number)
			b.do(u, numbers[len(numbers)-1], models.Claim, "")
		}
		older, newer := numbers[:1], numbers[1:]
		for u, at := range map[int64]string{old.ID: "2026-01-01", late.ID: "2026-03-01"} {
			b.exec("UPDATE users SET signed_in_at = '"+at+" 08:00:00+00:00' WHERE id = ?", u)
		}
		b.finding("Vielgestalt", []string{newer[0], older[0]}, []string{newer[0], older[0]})
		b.exec(fmt.Sprintf(`WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d)
			INSERT INTO users (email, name, created_at, signed_in_at) SELECT 'viel' || i || '@kisa.example', 'Vielgestalt', '2025-01-01 08:00:00+00:00', '2026-02-01 08:00:00+00:00' FROM k`, models.MaxPeople-1))
		b.exec(`INSERT INTO name_words (ags, word, user_id) SELECT '', 'vielgestalt', id FROM users WHERE email LIKE 'viel%@kisa.example'`)
		b.finding("Vielgestalt", newer, newer)
		b.finding("Vielges", newer, newer)
		b.finding("Altmeister Vielgestalt", older, older)
		b.finding("Altmeister", older, older)
	})
}
