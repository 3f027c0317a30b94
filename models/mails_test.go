package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
)

// TestMailsOfALongStory lists who hears of every step, as the product's table
// of mails says; the golden file is meant to be read beside it.
func TestMailsOfALongStory(t *testing.T) {
	tell(t, func(st *story) {
		p := &postman{story: st, names: map[string]string{team: "team", office: "office"}}
		for name, u := range map[string]models.User{
			"clerk": st.Clerk, "clerk2": st.Clerk2, "approver": st.Approver, "deputy": st.Deputy, "agent": st.Agent, "agent2": st.Agent2, "lead": st.Lead, "lead2": st.Lead2,
		} {
			p.names[u.Email] = name
		}
		a := st.file(st.Clerk, limited(want("from", "2027-01-11", first, "2500"), "2027-02-28")).Number
		p.report("clerk files %s: 25 € from 11 January to 28 February", a)
		b := st.file(st.Clerk2, wish("from", "2027-02-01", "28 Euro", "gebuehren")).Number
		p.report("clerk2 files %s: a wish", b)
		p.do(st.Agent, a, models.Claim, "")
		p.do(st.Agent, a, models.Ask, "Welche Satzung?")
		p.do(st.Clerk, a, models.Answer, "Die vom November.")
		p.do(st.Approver, a, models.Approve, "")
		p.do(st.Lead, a, models.Approve, "")
		p.do(st.Clerk, a, models.Reopen, "Moment.")
		p.do(st.Deputy, a, models.Approve, "")
		p.do(st.Lead2, a, models.Approve, "")
		p.do(st.Agent2, b, models.Claim, "")
		st.with(st.Agent2, b, models.Edit, edit(first, "2800"))
		p.report("agent2 turns the wish of %s into changes", b)
		p.do(st.Agent2, b, models.Ask, "So?")
		p.do(st.Clerk2, b, models.Answer, "Ja.")
		p.do(st.Approver, b, models.Approve, "")
		p.do(st.Lead, b, models.Approve, "")
		c := st.file(st.Clerk, want("from", "2027-02-02", notice, `"Neu."`)).Number
		p.report("clerk files %s: a text, no approval of the municipality needed", c)
		d := st.filed(want("from", "2027-02-01", first, "2900")).Number
		p.report("clerk files %s, 29 € from 1 February on top of that; all approve", d)
		p.do(st.Clerk2, b, models.Withdraw, "Doch nicht.")
		p.at("2027-01-11 00:00:00")
		p.at("2027-01-26 00:00:00")
		p.at("2027-01-28 07:00:00")
		p.at("2027-02-01 00:00:00")
		p.at("2027-02-02 00:00:00")
		p.do(st.Agent, c, models.Claim, "")
		p.do(st.Lead, c, models.Approve, "")
		p.at("2027-02-03 00:00:00")
		p.do(st.Clerk, c, models.Accept, "Passt.")
		p.do(st.Agent, d, models.Rebase, "")
		p.do(st.Lead, d, models.Reject, "Nicht beschlossen.")
		p.at("2027-03-01 00:00:00")
		p.do(st.Agent, c, models.Revert, "Der alte Text war besser.")
		e := st.filed(limited(want("by", "2027-03-05", "gebuehren.auskunft", "1600"), "2027-03-31")).Number
		p.report("clerk files %s, a research fee until 31 March; all approve", e)
		p.at("2027-03-02 00:00:00")
		st.applied(want("by", "2027-03-20", "gebuehren.auskunft", "1700"))
		p.report("meanwhile another request than %s changes that fee", e)
		p.at("2027-04-01 00:00:00")
		golden(t, "mails.golden", p.String())
	})
}

// postman writes down which mails each step brought.
type postman struct {
	*story
	strings.Builder
	names map[string]string
	seen  int64
}

func (p *postman) do(u models.User, n string, a models.Action, comment string) {
	p.Helper()
	p.story.do(u, n, a, comment)
	p.report("%s: %s %s", p.names[u.Email], a, n)
}

func (p *postman) at(when string) {
	p.Helper()
	p.story.at(when)
	p.report("it is %s", when)
}

// report writes a step and the mails since the last one.
func (p *postman) report(step string, args ...any) {
	p.Helper()
	fmt.Fprintf(p, step+"\n", args...)
	rows, err := p.s.Pool().Query(p.s.Numbered(`SELECT m.id, m.kind, r.number, m.role, m.recipient FROM mails m JOIN requests r ON r.id = m.request_id WHERE m.id > ? ORDER BY m.id`), p.seen)
	if err != nil {
		p.Fatal(err)
	}
	defer rows.Close()
	var order []string
	to := map[string][]string{}
	for rows.Next() {
		var kind, number, role, recipient string
		if err := rows.Scan(&p.seen, &kind, &number, &role, &recipient); err != nil {
			p.Fatal(err)
		}
		key := kind + " of " + number
		if !slices.Contains(order, key) {
			order = append(order, key)
		}
		name := p.names[recipient]
		if name == "" {
			p.Errorf("a mail to %s", recipient)
		}
		if role != name {
			name += " (" + role + ")"
		}
		to[key] = append(to[key], name)
	}
	if err := rows.Err(); err != nil {
		p.Fatal(err)
	}
	for _, key := range order {
		fmt.Fprintf(p, "    %s → %s\n", key, strings.Join(to[key], ", "))
	}
}
