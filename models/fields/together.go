package fields

// CheckTogether holds the fields that were changed against those they may not
// exceed or fall below, whichever of the two was changed.
func CheckTogether(fs []Field, values map[string]Value, changed map[string]bool) []Problem {
	byKey := make(map[string]Field, len(fs))
	for _, f := range fs {
		byKey[f.Key] = f
	}
	var problems []Problem
	for _, f := range fs {
		for _, l := range f.limits() {
			other, known := byKey[l.other]
			if !known || other.Type != f.Type || !changed[f.Key] && !changed[other.Key] {
				continue
			}
			value, limit := values[f.Key], values[other.Key]
			if value == "" || limit == "" || compare(value, limit) != l.broken {
				continue
			}
			problems = append(problems, Problem{first(changed, f.Key, other.Key), l.code, named(args{
				"label", f.Label, "value", Shown{f, value}, "other", other.Label, "limit", Shown{other, limit}})})
		}
	}
	return problems
}

// limit is another field this one is held against: broken when they compare so.
type limit struct {
	code, other string
	broken      int
}

func (f Field) limits() []limit {
	if f.Type == Date {
		return []limit{{"not_after", f.Constraints.NotAbove, +1}, {"not_before", f.Constraints.NotBelow, -1}}
	}
	return []limit{{"not_above", f.Constraints.NotAbove, +1}, {"not_below", f.Constraints.NotBelow, -1}}
}

// first is the first of two keys that was changed.
func first(changed map[string]bool, a, b string) string {
	if changed[a] {
		return a
	}
	return b
}
