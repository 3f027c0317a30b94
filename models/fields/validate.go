package fields

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	keyShape  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	nameShape = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
)

// Validate says whether the definition of the field is sound in itself; keys of
// other fields it does not know. All problems come at once.
func (f Field) Validate() error {
	err := errors.Join(f.soundKey(), f.soundTexts(), f.soundType(kinds[f.Type], f.Constraints))
	if err == nil {
		err = f.soundDefault()
	}
	return at(err, f.Key)
}

func (f Field) soundKey() error {
	if len(f.Key) > 100 || !keyShape.MatchString(f.Key) {
		return refuse("def_key")
	}
	return nil
}

// soundTexts checks what people will read.
func (f Field) soundTexts() error {
	var err error
	if !tidy(f.Label, 200) || f.Label == "" {
		err = refuse("def_label")
	}
	if !f.Configurable && blank(f.Reason) {
		err = errors.Join(err, refuse("def_reason"))
	}
	return err
}

// tidy says that a text of the definition is on one line, trimmed and visible.
func tidy(s string, longest int) bool {
	same, err := clean(s, false)
	return err == nil && same == s && len(s) <= longest
}

// soundDefault wants the default canonical, so that it equals what people type.
func (f Field) soundDefault() error {
	if f.Default == "" {
		return nil
	}
	v, err := f.Parse([]byte(f.Default))
	if err != nil || v != f.Default || f.Type == Protected {
		return refuse("def_default")
	}
	return nil
}

// soundType checks type and constraints of a field, an item or a column.
func (f Field) soundType(k kind, c Constraints) error {
	if k.read == nil {
		return refuse("def_type")
	}
	err := errors.Join(c.only(k.allows), c.soundPattern(), f.soundBounds(c))
	if k.sound != nil {
		err = errors.Join(err, k.sound(f))
	}
	return err
}

// only refuses constraints that mean nothing for a type.
func (c Constraints) only(allowed []string) error {
	b, err := json.Marshal(c)
	if err != nil {
		return refuse("def_constraint", "name", "min, max")
	}
	var set map[string]jsontext.Value
	_ = json.Unmarshal(b, &set)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(allowed, name) {
			err = errors.Join(err, refuse("def_constraint", "name", name))
		}
	}
	return err
}

func (c Constraints) soundPattern() error {
	if c.Pattern == "" {
		return nil
	}
	if _, err := regexp.Compile(c.Pattern); err != nil || len(c.Pattern) > 500 || blank(c.PatternHint) {
		return refuse("def_pattern")
	}
	return nil
}

// soundBounds wants bounds that are values of the field and leave room between.
func (f Field) soundBounds(c Constraints) error {
	free := Field{Type: f.Type}
	for _, bound := range []Value{c.Min, c.Max} {
		if v, err := free.Parse([]byte(bound.orNull())); err != nil || v != bound {
			return refuse("def_bounds")
		}
	}
	crossed := c.Min != "" && c.Max != "" && compare(c.Min, c.Max) > 0
	lengths := c.MinLength < 0 || c.MaxLength < 0 || c.MaxLength > 0 && c.MinLength > c.MaxLength
	counts := c.MinItems < 0 || c.MaxItems < 0 || c.MaxItems > maxItems || c.MaxItems > 0 && c.MinItems > c.MaxItems
	if crossed || lengths || counts {
		return refuse("def_bounds")
	}
	for _, name := range c.Placeholders {
		if !nameShape.MatchString(name) {
			return refuse("def_placeholder")
		}
	}
	return nil
}

// soundOptions wants options that can be told apart by value and by label.
func soundOptions(f Field) error {
	if len(f.Constraints.Options) == 0 || len(f.Constraints.Options) > maxItems {
		return refuse("def_options")
	}
	taken := map[string]int{}
	for i, o := range f.Constraints.Options {
		if o.Value == "" || o.Label == "" || !tidy(o.Value, 200) || !tidy(o.Label, 400) || strings.Contains(o.Value, ",") {
			return refuse("def_options")
		}
		for _, name := range []string{o.Value, o.Label} {
			name = strings.ToLower(name)
			if owner, ok := taken[name]; ok && owner != i {
				return refuse("def_options")
			}
			taken[name] = i
		}
	}
	return nil
}

func soundList(f Field) error {
	item := f.Constraints.Item
	if item == nil {
		return refuse("def_item")
	}
	return at(part(item.field(f)), "[]")
}

func soundTable(f Field) error {
	var err error
	if n := len(f.Constraints.Columns); n == 0 || n > 20 {
		err = refuse("def_columns")
	}
	seen := map[string]bool{}
	for _, c := range f.Constraints.Columns {
		if !nameShape.MatchString(c.Key) || !tidy(c.Label, 200) || c.Label == "" || seen[c.Key] {
			err = errors.Join(err, refuse("def_columns"))
		}
		seen[c.Key] = true
		err = errors.Join(err, at(part(c.field()), "."+c.Key))
	}
	return err
}

// part checks an item or a column; only scalar types can be one, and rules that
// look at today or at other fields belong to the field itself.
func part(f Field) error {
	k := kinds[f.Type]
	if !k.nested {
		return refuse("def_type")
	}
	k.allows = slices.DeleteFunc(slices.Clone(k.allows), func(name string) bool {
		return strings.HasPrefix(name, "not_")
	})
	return f.soundType(k, f.Constraints)
}
