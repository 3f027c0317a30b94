package handlers

import (
	"errors"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// bind reads a JSON body strictly: no unknown names, no duplicates, no
// trailing data, valid UTF-8, bounded size and depth.
func bind(c *fiber.Ctx, into any) error {
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != "application/json" {
		return &models.Error{Kind: models.Unsupported, Code: "content_type"}
	}
	body := c.Request().Body()
	if len(body) > maxJSON {
		return &models.Error{Kind: models.TooLarge, Code: "body_too_large"}
	}
	if tooDeep(body) {
		return malformed("too_deep", "")
	}
	err = json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	return whyMalformed(err)
}

// whyMalformed names the place and the fault of a body that can't be read.
func whyMalformed(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		errors.As(err, &syntactic)
		return malformed("duplicate_name", path(string(syntactic.JSONPointer)))
	case errors.Is(err, json.ErrUnknownName):
		errors.As(err, &semantic)
		return malformed("unknown_name", path(string(semantic.JSONPointer)))
	case errors.As(err, &semantic):
		return malformed("json_type", path(string(semantic.JSONPointer)))
	}
	return malformed("json_syntax", "")
}

// path writes a JSON pointer as the field names of our errors: changes[0].new.
func path(pointer string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	if b.Len() > 200 {
		return "…"
	}
	return b.String()
}

func malformed(code, field string) error {
	e := &models.Error{Kind: models.Malformed, Code: "malformed"}
	e.Fields = []models.FieldError{{Field: field, Code: code}}
	return e
}

// tooDeep counts brackets outside of strings.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// number reads a whole number from a path or query; what is none is no
// object's (path) or an error at the field (query).
func number(c *fiber.Ctx, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || n < 1 {
		return 0, &models.Error{Kind: models.NotFound, Code: "not_found"}
	}
	return n, nil
}

func queryNumber(c *fiber.Ctx, name string) (int64, error) {
	text := c.Query(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: name, Code: "not_a_number"}}}
	}
	if n < 1 {
		n = -1
	}
	return n, nil
}

// known refuses query parameters that a list does not have: a misspelt filter
// would show too much.
func known(c *fiber.Ctx, names ...string) error { return knownOnly(queryOf(c), names) }

// knownOnly refuses a query with a name that is none of these.
func knownOnly(v url.Values, names []string) error {
	var bad string
	for k := range v {
		if !slices.Contains(names, k) {
			bad = k
		}
	}
	if bad == "" {
		return nil
	}
	if r := []rune(bad); len(r) > 40 {
		bad = string(r[:40]) + "…"
	}
	return &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: bad, Code: "unknown_parameter", Args: map[string]any{"known": strings.Join(names, ", ")}}}}
}

// page reads the paging parameters of a list.
func page(c *fiber.Ctx, more ...string) (cursor string, limit int, err error) {
	if err := known(c, append([]string{"cursor", "limit"}, more...)...); err != nil {
		return "", 0, err
	}
	n, err := queryNumber(c, "limit")
	return c.Query("cursor"), int(n), err
}
