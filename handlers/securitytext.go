package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// securityText tells finders of weaknesses to whom to write (RFC 9116). It expires
// half a year ahead, so that an installation that nobody looks after says so by itself.
func (d *door) securityText(c *fiber.Ctx) error {
	if d.Contact == "" {
		return fiber.ErrNotFound
	}
	expires := d.Now().UTC().Truncate(24*time.Hour).AddDate(0, 6, 0)
	c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	policy := ""
	if d.Policy != "" {
		policy = "Policy: " + d.Policy + "\n"
	}
	return c.SendString("Contact: " + d.Contact + "\nExpires: " + expires.Format(time.RFC3339) +
		"\nPreferred-Languages: de, en\nCanonical: " + d.BaseURL + "/.well-known/security.txt\n" + policy)
}
