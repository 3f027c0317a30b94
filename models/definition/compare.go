package definition

import (
	"reflect"

	"formwandel/models/fields"
)

// Change is one field that two versions of a definition know differently.
type Change struct {
	Section string // title of the section in which it stands, in the newer version if it is there
	Field   fields.Field
	Was     fields.Field // of a changed field
	What    []string     // of a changed field: what is different, as words are found by
}

// Comparison is what is different from one version of a definition to another.
type Comparison struct {
	Added, Removed, Changed []Change
}

// Compare tells what is different in d from an older version; nil is none at all.
func (d *Definition) Compare(from *Definition) Comparison {
	var c Comparison
	if from == nil {
		from = &Definition{}
	}
	for _, s := range d.Sections {
		for _, f := range s.Fields {
			was, known := from.Field(f.Key)
			if !known {
				c.Added = append(c.Added, Change{Section: s.Title, Field: f})
				continue
			}
			before, _ := from.SectionOf(f.Key)
			if what := different(was, f, before.Key != s.Key); len(what) > 0 {
				c.Changed = append(c.Changed, Change{Section: s.Title, Field: f, Was: was, What: what})
			}
		}
	}
	for _, s := range from.Sections {
		for _, f := range s.Fields {
			if _, still := d.Field(f.Key); !still {
				c.Removed = append(c.Removed, Change{Section: s.Title, Field: f})
			}
		}
	}
	return c
}

// different lists what is different in a field.
func different(was, f fields.Field, moved bool) []string {
	var what []string
	for _, part := range []struct {
		name string
		is   bool
	}{
		{"section", moved}, {"label", was.Label != f.Label}, {"type", was.Type != f.Type}, {"configurable", was.Configurable != f.Configurable},
		{"reason", was.Reason != f.Reason}, {"help", was.Help != f.Help || was.Example != f.Example}, {"required", was.Required != f.Required},
		{"default", was.Default != f.Default}, {"constraints", !reflect.DeepEqual(was.Constraints, f.Constraints)},
	} {
		if part.is {
			what = append(what, part.name)
		}
	}
	return what
}
