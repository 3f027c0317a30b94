package definition

import (
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// prune takes the value at path out of a tree: a member disappears, an element of an array becomes null so that its
// neighbours keep their places. It is false when there is no such value.
func prune(tree any, path jsontext.Pointer) bool {
	node := tree
	if path == "" {
		return false
	}
	for token := range path.Parent().Tokens() {
		switch parent := node.(type) {
		case map[string]any:
			node = parent[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(parent) {
				return false
			}
			node = parent[i]
		}
	}
	return remove(node, path.LastToken())
}

func remove(node any, token string) bool {
	switch parent := node.(type) {
	case map[string]any:
		_, there := parent[token]
		delete(parent, token)
		return there
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i >= len(parent) || parent[i] == nil {
			return false
		}
		parent[i] = nil
		return true
	}
	return false
}

// nameOf is a Go type as people who write JSON call it.
func nameOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

// kinds are the kinds of JSON as the same people call them.
var kinds = map[jsontext.Kind]string{
	't': "true", 'f': "false", '"': "a text", '0': "a number", '{': "an object", '[': "an array",
}
