package fields

import (
	"slices"
	"strings"
)

// answers are the words for yes and no.
var answers = map[string]Value{
	"ja": "true", "nein": "false", "yes": "true", "no": "false", "true": "true", "false": "false",
}

func readBool(_ Field, s string) (Value, error) {
	if v, ok := answers[strings.ToLower(s)]; ok {
		return v, nil
	}
	return "", refuse("yes_or_no")
}

func takeBool(_ Field, v Value) (Value, error) {
	if v != "true" && v != "false" {
		return "", refuse("wrong_type")
	}
	return v, nil
}

func showBool(_ Field, v Value, locale string) string {
	return phrase(locale, map[bool]string{true: "ja|yes", false: "nein|no"}[v == "true"])
}

// choose finds the option people name by value or label.
func (f Field) choose(s string) (Value, error) {
	for _, o := range f.Constraints.Options {
		if o.Value == s {
			return quote(o.Value), nil
		}
	}
	for _, o := range f.Constraints.Options {
		if strings.EqualFold(o.Label, s) {
			return quote(o.Value), nil
		}
	}
	return "", refuse("option", "options", f.optionLabels())
}

// optionLabels are the choices for a sentence; a long list is cut.
func (f Field) optionLabels() string {
	var labels []string
	for i, o := range f.Constraints.Options {
		if i == 12 {
			labels = append(labels, "…")
			break
		}
		labels = append(labels, o.Label)
	}
	return strings.Join(labels, ", ")
}

func (f Field) optionLabel(v Value) string {
	for _, o := range f.Constraints.Options {
		if o.Value == v.text() {
			return o.Label
		}
	}
	return v.text()
}

func readEnum(f Field, s string) (Value, error) { return f.choose(s) }

func showEnum(f Field, v Value, _ string) string { return f.optionLabel(v) }

func readSet(f Field, s string) (Value, error) {
	var chosen []Value
	for _, name := range strings.Split(s, ",") {
		if blank(name) {
			continue
		}
		v, err := f.choose(strings.TrimSpace(name))
		if err != nil {
			return "", err
		}
		chosen = append(chosen, v)
	}
	return f.ordered(chosen), nil
}

func takeSet(f Field, v Value) (Value, error) {
	if !strings.HasPrefix(string(v), "[") {
		return "", refuse("wrong_type")
	}
	var chosen []Value
	for _, item := range v.items() {
		if !item.isText() {
			return "", refuse("wrong_type")
		}
		name, err := clean(item.text(), false)
		if err != nil {
			return "", err
		}
		option, err := f.choose(name)
		if err != nil {
			return "", err
		}
		chosen = append(chosen, option)
	}
	return f.ordered(chosen), nil
}

// ordered are the chosen options, each once, in the definition's order.
func (f Field) ordered(chosen []Value) Value {
	var set []Value
	for _, o := range f.Constraints.Options {
		if v := quote(o.Value); slices.Contains(chosen, v) {
			set = append(set, v)
		}
	}
	return array(set)
}

func showSet(f Field, v Value, _ string) string {
	return join(v.items(), ", ", f.optionLabel)
}

func writeSet(_ Field, v Value) string { return join(v.items(), ", ", Value.text) }

func join(vs []Value, separator string, show func(Value) string) string {
	parts := make([]string, len(vs))
	for i, v := range vs {
		parts[i] = show(v)
	}
	return strings.Join(parts, separator)
}
