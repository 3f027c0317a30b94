package fields

import "testing"

func TestRewrite(t *testing.T) {
	option := func(values ...string) (os []Option) {
		for _, v := range values {
			os = append(os, Option{Value: v, Label: "Wahl " + v})
		}
		return os
	}
	column := func(keys ...string) (cs []Column) {
		for _, k := range keys {
			cs = append(cs, Column{Key: k, Label: "Spalte " + k, Type: Text})
		}
		return cs
	}
	set := Field{Type: EnumSet, Constraints: Constraints{Options: option("c", "a", "b")}}
	table := Field{Type: Table, Constraints: Constraints{Columns: column("x", "y", "z")}}
	for _, c := range []struct {
		field     Field
		was, want Value
	}{
		{set, `["a","b","c"]`, `["c","a","b"]`}, {set, `["a"]`, `["a"]`}, {set, "", ""}, {set, `["a","gone"]`, `["a","gone"]`}, {set, `["Wahl a"]`, `["Wahl a"]`},
		{table, `[{"x":"1","y":"2"}]`, `[{"x":"1","y":"2","z":null}]`}, {table, `[{"y":"2","x":"1","z":"3"}]`, `[{"x":"1","y":"2","z":"3"}]`},
		{table, `[{"x":"1","gone":null}]`, `[{"x":"1","y":null,"z":null}]`}, {table, `[{"x":"1","gone":"2"}]`, `[{"x":"1","gone":"2"}]`}, {table, `["1"]`, `["1"]`}, {table, "", ""},
		{set, `"a"`, `"a"`}, {set, "500", "500"}, {set, `[]`, `[]`}, {table, `"a"`, `"a"`}, {table, "true", "true"}, {table, `{}`, `{}`},
		{Field{Type: Text}, `"b a"`, `"b a"`}, {Field{Type: List, Constraints: Constraints{Item: &Item{Type: Text}}}, `["b","a"]`, `["b","a"]`},
	} {
		got := c.field.Rewrite(c.was)
		if got != c.want {
			t.Errorf("%s %s is written %s, want %s", c.field.Type, c.was, got, c.want)
		}
		if !SameBut(c.field.Type, c.was, got) {
			t.Errorf("%s and %s are the same", c.was, got)
		}
	}
	for _, c := range [][2]Value{{`["a","b"]`, `["a","c"]`}, {`["a"]`, `["a","a"]`}, {`[{"x":"1"}]`, `[{"x":"2"}]`}, {`[{"x":"1"},{"x":"2"}]`, `[{"x":"2"},{"x":"1"}]`}, {"1", "2"}, {"", `["a"]`}, {`[{}]`, `[{"x":null}]`}} {
		for _, typ := range []Type{EnumSet, Table, List, Text} {
			if SameBut(typ, c[0], c[1]) {
				t.Errorf("%s and %s are not the same %s", c[0], c[1], typ)
			}
		}
	}
	if SameBut(List, `["a","b"]`, `["b","a"]`) || !SameBut(EnumSet, `["a","b"]`, `["b","a"]`) {
		t.Error("the order is part of a list, and no part of a set")
	}
}
