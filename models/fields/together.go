package fields

// CheckTogether holds the fields that were changed against those they may not
// exceed or fall below, whichever of the two was changed.
func CheckTogether(fs []Field, values map[string]Value, changed map[string]bool) []Problem {
	var problems []Problem
	for i := range fs {
		f := &fs[i]
		for _, l := range f.limits() {
			if !changed[f.Key] && !changed[l.other] {
				continue
			}
			other := find(fs, l.other)
			if other == nil || other.Type != f.Type {
				continue
			}
			value, limit := values[f.Key], values[other.Key]
			if value == "" || limit == "" || compare(value, limit) != l.broken {
				continue
			}
			problems = append(problems, Problem{first(changed, f.Key, other.Key), l.code, named(args{
				"label", f.Label, "value", Shown{*f, value}, "other", other.Label, "limit", Shown{*other, limit}})})
		}
	}
	return problems
}

// find is the field of a key; nil if there is none.
func find(fs []Field, key string) *Field {
	for i := range fs {
		if fs[i].Key == key {
			return &fs[i]
		}
	}
	return nil
}

// limit is another field this one is held against: broken when they compare so.
type limit struct {
	code, other string
	broken      int
}

func (f *Field) limits() [2]limit {
	if f.Type == Date {
		return [2]limit{{"not_after", f.Constraints.NotAbove, +1}, {"not_before", f.Constraints.NotBelow, -1}}
	}
	return [2]limit{{"not_above", f.Constraints.NotAbove, +1}, {"not_below", f.Constraints.NotBelow, -1}}
}

// first is the first of two keys that was changed.
func first(changed map[string]bool, a, b string) string {
	if changed[a] {
		return a
	}
	return b
}
