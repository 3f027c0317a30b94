package handlers

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// publicForm is what form runtimes read: the live configuration, from memory,
// with a strong ETag.
func (d *door) publicForm(c *fiber.Ctx) error {
	p, err := d.Store.Public(context.Background(), c.Params("ags"), c.Params("assistant"))
	if err != nil {
		return err
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderETag, p.ETag)
	h.Set(fiber.HeaderCacheControl, "no-cache")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if matches(string(c.Request().Header.Peek(fiber.HeaderIfNoneMatch)), p.ETag) {
		c.Response().SetStatusCode(fiber.StatusNotModified)
		return nil
	}
	h.SetContentType("application/json; charset=utf-8")
	c.Response().SetBodyRaw(p.Body)
	return nil
}

// matches tells whether an If-None-Match names the tag (RFC 9110, weak comparison).
func matches(header, tag string) bool {
	if header == "" {
		return false
	}
	if header == tag || header == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}
