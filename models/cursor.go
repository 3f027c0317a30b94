package models

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// idCursor and its like are opaque to callers, so that an order can change.
func idCursor(c string) (int64, error) {
	text, err := textCursor(c)
	if err != nil || text == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, invalid("cursor", "bad_cursor")
	}
	return id, nil
}

func cursorID(id int64) string { return cursorText(strconv.FormatInt(id, 10)) }

func textCursor(c string) (string, error) {
	if c == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil || !strings.HasPrefix(string(raw), "c:") || !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return "", invalid("cursor", "bad_cursor")
	}
	return string(raw[2:]), nil
}

func cursorText(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("c:" + s)) }

// cut makes a page of n rows out of those that were read, one more than fit; next is where the list goes on, "" at its end.
func cut[T any](rows []T, n int, cursor func(T) string) (page []T, next string) {
	if len(rows) > n {
		return rows[:n], cursor(rows[n-1])
	}
	return rows, ""
}

// idPage and textPage tell how long a page shall be, and behind what it begins.
func idPage(cursor string, limit int) (n int, after int64, err error) {
	if n, err = pageLimit(limit); err == nil {
		after, err = idCursor(cursor)
	}
	return n, after, err
}

func textPage(cursor string, limit int) (n int, after string, err error) {
	if n, err = pageLimit(limit); err == nil {
		after, err = textCursor(cursor)
	}
	return n, after, err
}
