package models

import "strings"

// either widens what is asked of PostgreSQL for a word by the people whom it stands for.
func (w sought) either(asked string) string {
	if !w.isPerson() {
		return asked
	}
	return "(" + asked + " | '" + strings.Join(personWords(w.people), "' | '") + "')"
}

// apart asks PostgreSQL's index for all of some words, for each that stands for people apart: in one query the
// index would hold every request that one of five hundred had a part in against all five hundred. begun tells that
// the last word is a beginning. What is compared with comes from a query of its own, so that the planner can't look
// into it: it takes whom it has never heard of for common, and would rather read all there is. OFFSET 0 lets what a
// second such word finds be gathered once, and not be looked for in each request that the first has found.
func apart(u User, ws []sought, begun bool, blocks string) (where string, args []any) {
	var plain, conditions []string
	for i, w := range ws {
		word := "'" + w.word + "'"
		if begun && i == len(ws)-1 {
			word += ":*"
		}
		if !w.isPerson() {
			plain = append(plain, word)
			continue
		}
		either := column(u) + " @@ ANY (CAST((SELECT CAST(? AS tsquery[])) AS tsquery[]))"
		if len(conditions) > 0 {
			either = "request_id IN (SELECT request_id FROM search WHERE " + either + " OFFSET 0)"
		}
		conditions = append(conditions, either)
		args = append(args, `{"`+word+`","'`+strings.Join(personWords(w.people), `'","'`)+`'"}`)
	}
	if u.AGS != "" {
		plain = append(plain, "'"+tenantWord(u.AGS)+"'")
	}
	if blocks != "" {
		plain = append(plain, blocks)
	}
	if len(plain) > 0 {
		conditions, args = append(conditions, column(u)+" @@ CAST(? AS tsquery)"), append(args, strings.Join(plain, " & "))
	}
	return strings.Join(conditions, " AND "), args
}
