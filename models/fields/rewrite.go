package fields

import (
	"maps"
	"slices"
)

// Rewrite writes a value that another version of the field has written as this one writes it: the same options in its order, the
// same cells under its columns, empty ones for those that have come. What is not the same here, or is of a type with one way of writing,
// stays as it is; Check says what is wrong with it.
func (f Field) Rewrite(v Value) Value {
	if len(v.items()) == 0 {
		return v // of another type, or nothing
	}
	switch f.Type {
	case EnumSet:
		chosen := v.items()
		if again := f.ordered(chosen); len(again.items()) == len(chosen) {
			return again
		}
	case Table:
		var rows []Value
		for _, row := range v.items() {
			again, ok := f.rewriteRow(row)
			if !ok {
				return v
			}
			rows = append(rows, again)
		}
		return array(rows)
	}
	return v
}

// rewriteRow is a row under the columns of this table; false if a cell that is not empty has none.
func (f Field) rewriteRow(row Value) (Value, bool) {
	cells := row.cells()
	for key, cell := range cells {
		if cell != "" && !slices.ContainsFunc(f.Constraints.Columns, func(c Column) bool { return c.Key == key }) {
			return "", false
		}
	}
	texts := make([]Value, len(f.Constraints.Columns))
	for i, c := range f.Constraints.Columns {
		texts[i] = cells[c.Key]
	}
	return f.row(texts), len(cells) > 0
}

// SameBut tells whether two values of a type differ at most in how versions of a field write the same, for who doesn't have
// the versions: in the order of options, and in empty cells of a table.
func SameBut(t Type, a, b Value) bool {
	if a == b {
		return true
	}
	if t != EnumSet && t != Table {
		return false
	}
	x, y := a.items(), b.items()
	if len(x) == 0 || len(x) != len(y) {
		return false
	}
	if !slices.ContainsFunc(x, func(v Value) bool { return !v.isText() }) {
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y)
	}
	return slices.EqualFunc(x, y, func(v, w Value) bool {
		cells := filled(v)
		return len(cells) > 0 && maps.Equal(cells, filled(w))
	})
}

// filled are the cells of a row that are not empty.
func filled(row Value) map[string]Value {
	cells := row.cells()
	maps.DeleteFunc(cells, func(_ string, v Value) bool { return v == "" })
	return cells
}
