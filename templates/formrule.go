package templates

import (
	"strconv"
	"strings"

	"formwandel/models/fields"
)

// longRule is from how many characters on a rule is left out: whoever requests a change reads it there.
const longRule = 160

// ruleOf says in plain words what may be entered, where that is short.
func ruleOf(f fields.Field, words Catalogue) string {
	c := f.Constraints
	var parts []string
	say := func(key string, args ...any) { parts = append(parts, sayPairs(words, "web.forms.rule."+key, args...)) }
	switch {
	case c.Min != "" && c.Max != "":
		say("between", "min", f.Display(c.Min, words.Lang()), "max", f.Display(c.Max, words.Lang()))
	case c.Min != "":
		say("min", "min", f.Display(c.Min, words.Lang()))
	case c.Max != "":
		say("max", "max", f.Display(c.Max, words.Lang()))
	}
	if c.MaxLength > 0 {
		say("length", "max", c.MaxLength)
	}
	if c.MaxItems > 0 {
		say("items", "max", c.MaxItems)
	}
	if c.PatternHint != "" {
		parts = append(parts, strings.TrimSuffix(c.PatternHint, "."))
	}
	if len(c.Hosts) > 0 {
		say("hosts", "hosts", strings.Join(c.Hosts, ", "))
	}
	if len(c.Suffixes) > 0 {
		say("suffix", "endings", strings.Join(c.Suffixes, ", "))
	}
	if c.NotPast {
		say("not_past")
	}
	if f.Required {
		say("required")
	}
	rule := strings.Join(parts, ", ")
	if len([]rune(rule)) > longRule {
		return ""
	}
	return rule
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
