package definition

import (
	"bytes"
	"errors"
	"reflect"
	"regexp"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads the text. The decoder stops at the first thing it cannot read, so that place is noted, taken out of a
// copy, and the copy read again, until all such things are known. Without any definition it returns nil.
func decode(text jsontext.Value, rep *report) *Definition {
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		rep.addSyntax(text, err)
		return nil
	}
	if _, object := tree.(map[string]any); !object {
		rep.add("", "a definition is a JSON object")
		return nil
	}
	for {
		var f file
		err := json.Unmarshal(text, &f, json.RejectUnknownMembers(true))
		if err == nil {
			return &f.Definition
		}
		path := rep.addDecoding(err)
		if len(rep.found) > maxFindings || !prune(tree, path) {
			return nil
		}
		rep.taken = append(rep.taken, string(path))
		if text, err = json.Marshal(tree, json.Deterministic(true)); err != nil {
			return nil
		}
	}
}

// plainNumber is a number that every reader of JSON understands the same.
var plainNumber = regexp.MustCompile(`^-?[0-9.]{1,16}$`)

// scan notes what is valid JSON but has no place in a definition: null and numbers that would lose digits.
func scan(text jsontext.Value, rep *report) {
	in := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := in.ReadToken()
		if err != nil || len(rep.found) > maxFindings {
			return // the end, as the text is known to be JSON
		}
		path := string(in.StackPointer())
		switch token.Kind() {
		case 'n':
			rep.add(path, "null is not allowed, leave the member out")
			rep.taken = append(rep.taken, path)
		case '0':
			if !plainNumber.MatchString(token.String()) {
				rep.add(path, "a number is written plainly, with at most 15 digits")
				rep.taken = append(rep.taken, path)
			}
		}
	}
}

// addSyntax notes where a text stops being JSON.
func (r *report) addSyntax(text []byte, err error) {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		r.add("", "not JSON: %v", err)
		return
	}
	before := text[:min(max(int(syntax.ByteOffset), 0), len(text))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	r.add(string(syntax.JSONPointer), "not JSON at line %d, column %d: %v", line, column, syntax.Err)
}

// addDecoding notes a member of an unknown name or the wrong type and returns its place.
func (r *report) addDecoding(err error) jsontext.Pointer {
	var wrong *json.SemanticError
	switch {
	case !errors.As(err, &wrong):
		r.add("", "%v", err)
		return ""
	case errors.Is(wrong.Err, json.ErrUnknownName):
		r.add(string(wrong.JSONPointer), "unknown member %q", wrong.JSONPointer.LastToken())
	case wrong.JSONKind == '0' && wrong.GoType != nil && wrong.GoType.Kind() == reflect.Int:
		r.add(string(wrong.JSONPointer), "must be a whole number")
	case wrong.JSONKind != 0 && wrong.GoType != nil:
		r.add(string(wrong.JSONPointer), "must be %s, not %s", nameOf(wrong.GoType), kinds[wrong.JSONKind])
	default:
		r.add(string(wrong.JSONPointer), "%v", wrong.Err)
	}
	return wrong.JSONPointer
}
