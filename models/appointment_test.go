package models_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

func onDay(s string) calendar.Day {
	d, err := calendar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// by files another fee with a deadline.
func by(cents, day string) models.FileInput {
	in := fee(cents, day)
	in.Content.Effective = &models.EffectiveInput{Kind: "by", Date: day}
	return in
}

// appointments walks through the whole calendar in small pages.
func (st *story) appointments(u models.User, from string, ags string) []string {
	st.Helper()
	var out []string
	cursor := ""
	for {
		page, next, err := st.s.Appointments(ctx, u, models.Span{From: onDay(from), Municipality: ags, Cursor: cursor, Limit: 2})
		if err != nil {
			st.Fatal(err)
		}
		for _, a := range page {
			out = append(out, fmt.Sprintf("%s %s %s %s", a.Day, a.Kind, a.Number, a.Status))
		}
		if cursor = next; next == "" {
			return out
		}
	}
}

func TestCalendarKnowsWhatHappensWhen(t *testing.T) {
	tell(t, func(st *story) {
		wished := st.file(st.Clerk, fee("2500", "2027-01-04")).Number
		planned := st.file(st.Clerk, fee("2600", "2027-01-01")).Number
		st.approved(planned)
		deadline := st.file(st.Clerk, by("2700", "2026-12-31")).Number
		while := fee("2800", "2027-02-01")
		while.Content.Effective.Until = "2027-02-10"
		temporary := st.file(st.Clerk, while).Number
		st.approved(temporary)
		quick := st.file(st.Clerk, by("2100", "2027-03-01")).Number
		st.approved(quick)
		st.knock()
		st.is(quick, models.Applied)
		draft := fee("2900", "2027-01-05")
		draft.Submit = false
		st.file(st.Clerk, draft)
		foreign := fee("1111", "2027-01-01")
		foreign.Form = Leipzig + "/" + Birth
		other := st.file(st.LeipzigClerk, foreign).Number

		own := []string{
			"2026-11-23 done " + quick + " applied", "2026-12-07 acceptance " + quick + " applied", "2026-12-31 deadline " + deadline + " submitted",
			"2027-01-01 start " + planned + " approved", "2027-01-04 start " + wished + " submitted",
			"2027-02-01 start " + temporary + " approved", "2027-02-11 return " + temporary + " approved",
		}
		if got := st.appointments(st.Clerk, "2026-11-23", ""); !slices.Equal(got, own) {
			st.Errorf("clerk:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(own, "\n"))
		}
		if got := st.appointments(st.LeipzigClerk, "2026-11-23", ""); !slices.Equal(got, []string{"2027-01-01 start " + other + " submitted"}) {
			st.Errorf("Leipzig: %v", got)
		}
		if got := st.appointments(st.LeipzigClerk, "2026-11-23", Bautzen); got != nil {
			st.Errorf("Leipzig sees Bautzen: %v", got)
		}
		all := st.appointments(st.Agent, "2026-11-23", "")
		if len(all) != 7 || !slices.Contains(all, "2027-01-01 start "+other+" submitted") || slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "acceptance") }) {
			st.Errorf("agent: %v", all)
		}
		if got := st.appointments(st.Agent, "2026-11-23", Leipzig); len(got) != 1 {
			st.Errorf("agent, Leipzig: %v", got)
		}
	})
}

func TestMonthShowsFewOfEachDay(t *testing.T) {
	tell(t, func(st *story) {
		for range 8 {
			st.file(st.Clerk, fee("2500", "2027-01-01"))
		}
		st.file(st.Clerk, by("2600", "2027-01-01"))
		days, err := st.s.Month(ctx, st.Clerk, onDay("2026-12-28"), onDay("2027-02-01"), "")
		if err != nil || len(days) != 35 {
			st.Fatal(len(days), err)
		}
		d := days[4]
		if d.Day != onDay("2027-01-01") || d.Holiday != "Neujahr" || len(d.First) != 5 || d.More != 4 || d.Many || d.First[0].Kind != models.LastDay {
			st.Errorf("%+v", d)
		}
		for range 20 {
			st.file(st.Clerk, fee("2500", "2027-01-01"))
		}
		days, err = st.s.Month(ctx, st.Agent, onDay("2026-12-28"), onDay("2027-02-01"), Bautzen)
		if err != nil || !days[4].Many || days[4].More != 20 || len(days[5].First) != 0 {
			st.Errorf("%+v %v", days[4], err)
		}
		if _, _, err := st.s.Appointments(ctx, st.Agent, models.Span{From: onDay("2027-01-01"), Cursor: "Quatsch"}); !models.IsKind(err, models.Invalid) {
			st.Errorf("a wrong cursor: %v", err)
		}
	})
}

// TestMonthShowsWhatIsToBeAccepted on each day, to its author alone, in the order of its numbers.
func TestMonthShowsWhatIsToBeAccepted(t *testing.T) {
	look(t, func(b *behind) {
		var all []string
		for i := range 9 {
			n := b.file(b.Clerk, by(fmt.Sprint(2100+i), "2027-03-01")).Number
			b.approved(n)
			b.knock()
			all = append(all, n)
		}
		b.exec("UPDATE requests SET accept_by = '2026-12-08' WHERE id % 3 = 0")
		month := func(u models.User) map[string][]string {
			days, err := b.s.Month(ctx, u, onDay("2026-11-30"), onDay("2027-01-04"), "")
			b.must(err)
			out := map[string][]string{}
			for _, d := range days {
				for _, a := range d.First {
					out[d.Day.String()] = append(out[d.Day.String()], a.Number+" "+string(a.Kind))
				}
				if d.More > 0 {
					out[d.Day.String()] = append(out[d.Day.String()], fmt.Sprint(d.More, " more"))
				}
			}
			return out
		}
		accept := func(i int) string { return all[i] + " acceptance" }
		want := map[string][]string{"2026-12-07": {accept(0), accept(1), accept(3), accept(4), accept(6), "1 more"}, "2026-12-08": {accept(2), accept(5), accept(8)}}
		if got := month(b.Clerk); !reflect.DeepEqual(got, want) {
			b.Errorf("%v, want %v", got, want)
		}
		for _, u := range []models.User{b.Approver, b.Agent, b.LeipzigClerk} {
			if got := month(u); len(got) > 0 {
				b.Errorf("user %d sees %v", u.ID, got)
			}
		}
	})
}

func TestPrivateLinkShowsWhatItsOwnerSees(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		if since, err := b.s.CalendarLink(ctx, b.Clerk); err != nil || !since.IsZero() {
			b.Fatal(since, err)
		}
		old, err := b.s.LinkCalendar(ctx, b.Clerk)
		b.must(err)
		secret, err := b.s.LinkCalendar(ctx, b.Clerk)
		b.must(err)
		foreign, err := b.s.LinkCalendar(ctx, b.LeipzigClerk)
		b.must(err)
		u, all, err := b.s.FollowedCalendar(ctx, secret)
		if err != nil || u.ID != b.Clerk.ID || !u.Has(models.Clerk) || len(all) != 1 {
			b.Fatal(u, all, err)
		}
		if _, all, err := b.s.FollowedCalendar(ctx, foreign); err != nil || len(all) != 0 {
			b.Errorf("Leipzig: %v %v", all, err)
		}
		for name, s := range map[string]string{"the one before": old, "none": "", "nobody's": strings.Repeat("0", 48), "short": secret[:20], "its hash": b.column("SELECT hash FROM calendar_links")[0]} {
			if _, _, err := b.s.FollowedCalendar(ctx, s); !models.IsKind(err, models.NotFound) {
				b.Errorf("%s: %v", name, err)
			}
		}
		b.exec("UPDATE users SET active = FALSE WHERE id = ?", b.Clerk.ID)
		b.bent = append(b.bent, fmt.Sprintf("account %d", b.Clerk.ID))
		if _, _, err := b.s.FollowedCalendar(ctx, secret); !models.IsKind(err, models.NotFound) {
			b.Errorf("an account that was switched off: %v", err)
		}
		b.must(b.s.UnlinkCalendar(ctx, b.LeipzigClerk))
		b.must(b.s.UnlinkCalendar(ctx, b.LeipzigClerk))
		if _, _, err := b.s.FollowedCalendar(ctx, foreign); !models.IsKind(err, models.NotFound) {
			b.Errorf("a link taken back: %v", err)
		}
		b.audit()
	})
}
