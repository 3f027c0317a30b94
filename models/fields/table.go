package fields

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
)

// readTable reads a row from each line, its cells between semicolons; a cell
// with a semicolon stands in quotation marks, as spreadsheets write it.
func readTable(f Field, s string) (Value, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = ';', -1, true, true
	var entries []entry
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f.collect(entries, f.takeRow)
		}
		if err != nil {
			return "", refuse("table")
		}
		if blank(strings.Join(cells, "")) {
			continue
		}
		line, _ := r.FieldPos(0)
		texts := make([]Value, len(cells))
		for i, cell := range cells {
			texts[i] = quote(cell)
		}
		entries = append(entries, entry{line, array(texts)})
	}
}

func takeTable(f Field, v Value) (Value, error) {
	if !strings.HasPrefix(string(v), "[") {
		return "", refuse("wrong_type")
	}
	return f.collect(numbered(v), f.takeRow)
}

// takeRow takes an object of columns, or an array of cells in their order.
func (f Field) takeRow(v Value) (Value, error) {
	cells, err := f.sorted(v)
	if err != nil {
		return "", err
	}
	var problems []error
	row := make([]Value, len(cells))
	empty := true
	for i, c := range f.Constraints.Columns {
		cell, err := c.field().take(cells[i])
		if err != nil {
			problems = append(problems, at(err, "."+c.Key, "column", c.Label))
		}
		empty = empty && cell == ""
		row[i] = cell
	}
	if len(problems) > 0 {
		return "", errors.Join(problems...)
	}
	if empty {
		return "", refuse("row_empty")
	}
	return f.row(row), nil
}

// row is a row of cells in the order of the columns.
func (f Field) row(cells []Value) Value {
	members := make([]string, len(cells))
	for i, c := range f.Constraints.Columns {
		members[i] = string(quote(c.Key)) + ":" + cells[i].orNull()
	}
	return Value("{" + strings.Join(members, ",") + "}")
}

// sorted are the cells of a row in the order of the columns.
func (f Field) sorted(row Value) ([]Value, error) {
	columns := f.Constraints.Columns
	cells := make([]Value, len(columns))
	switch {
	case strings.HasPrefix(string(row), "["):
		given := row.items()
		for len(given) > len(columns) && given[len(given)-1] == `""` {
			given = given[:len(given)-1] // a semicolon at the end of the line
		}
		if len(given) > len(columns) {
			return nil, refuse("too_many_cells", "columns", f.columnLabels())
		}
		copy(cells, given)
		return cells, nil
	case strings.HasPrefix(string(row), "{"):
		given := row.cells()
		for i, c := range columns {
			cells[i] = given[c.Key]
			delete(given, c.Key)
		}
		if len(given) > 0 {
			return nil, refuse("unknown_column", "columns", f.columnKeys())
		}
		return cells, nil
	}
	return nil, refuse("wrong_type")
}

// cells are the members of a JSON object.
func (v Value) cells() map[string]Value {
	cells := map[string]Value{}
	if json.Unmarshal([]byte(v), &cells) != nil {
		return map[string]Value{}
	}
	return cells
}

func (f Field) columnLabels() string {
	var names []string
	for _, c := range f.Constraints.Columns {
		names = append(names, c.Label)
	}
	return strings.Join(names, "; ")
}

func (f Field) columnKeys() string {
	var keys []string
	for _, c := range f.Constraints.Columns {
		keys = append(keys, c.Key)
	}
	return strings.Join(keys, ", ")
}

func showTable(f Field, v Value, locale string) string {
	return join(v.items(), "; ", func(row Value) string {
		var parts []string
		cells := row.cells()
		for _, c := range f.Constraints.Columns {
			if cell := cells[c.Key]; cell != "" {
				parts = append(parts, c.Label+": "+c.field().Display(cell, locale))
			}
		}
		return strings.Join(parts, ", ")
	})
}

func writeTable(f Field, v Value) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = ';'
	for _, row := range v.items() {
		cells := row.cells()
		record := make([]string, len(f.Constraints.Columns))
		for i, c := range f.Constraints.Columns {
			record[i] = c.field().Text(cells[c.Key])
		}
		_ = w.Write(record) // a strings.Builder never fails
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
