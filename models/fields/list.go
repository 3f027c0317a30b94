package fields

import (
	"errors"
	"fmt"
	"strings"
)

// entry is one item or row as it came in: what it says and on which line.
type entry struct {
	line  int
	value Value
}

// readList reads an item from each line that is not blank.
func readList(f Field, s string) (Value, error) {
	var entries []entry
	for i, line := range strings.Split(s, "\n") {
		if !blank(line) {
			entries = append(entries, entry{i + 1, quote(line)})
		}
	}
	return f.collect(entries, f.takeItem)
}

func takeList(f Field, v Value) (Value, error) {
	if !strings.HasPrefix(string(v), "[") {
		return "", refuse("wrong_type")
	}
	return f.collect(numbered(v), f.takeItem)
}

func (f Field) takeItem(v Value) (Value, error) {
	if f.Constraints.Item == nil {
		return "", refuse("unknown_type")
	}
	return f.Constraints.Item.field(f).take(v)
}

func numbered(v Value) []entry {
	var entries []entry
	for i, item := range v.items() {
		entries = append(entries, entry{i + 1, item})
	}
	return entries
}

// collect takes each entry with one function and gathers what they say, or all
// that is wrong with them.
func (f Field) collect(entries []entry, take func(Value) (Value, error)) (Value, error) {
	if len(entries) > maxItems {
		return "", refuse("too_many_items", "max", maxItems)
	}
	var taken []Value
	var problems []error
	firstLine := map[string]int{}
	for i, e := range entries {
		v, err := take(e.value)
		if err == nil && f.Constraints.Unique {
			err = f.once(v, e.line, firstLine)
		}
		if err != nil && len(problems) < maxProblems {
			problems = append(problems, at(err, fmt.Sprintf("[%d]", i), "line", e.line))
		}
		taken = append(taken, v)
	}
	if len(problems) > 0 {
		return "", errors.Join(problems...)
	}
	return array(taken), nil
}

// once refuses an item, or a row by its first column, that was there before;
// capitals make no difference.
func (f Field) once(v Value, line int, seen map[string]int) error {
	name := strings.ToLower(f.name(v))
	if before, ok := seen[name]; ok {
		return refuse("duplicate", "first", before)
	}
	seen[name] = line
	return nil
}

// name is what tells an item or row from the others.
func (f Field) name(v Value) string {
	if columns := f.Constraints.Columns; len(columns) > 0 {
		v = v.cells()[columns[0].Key]
	}
	return v.text()
}

// keepItems holds the number of items within the bounds of the field.
func keepItems(f Field, v Value) error {
	count, limit := len(v.items()), f.Constraints.MaxItems
	if limit == 0 || limit > maxItems {
		limit = maxItems
	}
	if count > limit {
		return refuse("too_many_items", "max", limit)
	}
	if count < f.Constraints.MinItems {
		return refuse("too_few_items", "min", f.Constraints.MinItems)
	}
	return nil
}

func showList(f Field, v Value, locale string) string {
	return join(v.items(), ", ", func(item Value) string { return f.item().Display(item, locale) })
}

func writeList(f Field, v Value) string {
	return join(v.items(), "\n", func(item Value) string { return f.item().Text(item) })
}

func (f Field) item() Field {
	if f.Constraints.Item == nil {
		return Field{}
	}
	return f.Constraints.Item.field(f)
}
