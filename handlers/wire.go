package handlers

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// unambiguous tells whether every reader of a request's head reads the same:
// the server below takes folded lines, bare line feeds and a length beside
// chunks, which a proxy before it may read in another way.
func unambiguous(h *fasthttp.RequestHeader) bool {
	if p := string(h.Protocol()); p != "HTTP/1.1" && p != "HTTP/1.0" {
		return false
	}
	length, chunks := false, false
	for line := range bytes.Lines(h.RawHeaders()) {
		if line[0] == ' ' || line[0] == '\t' || !bytes.HasSuffix(line, []byte("\r\n")) {
			return false
		}
		name, _, _ := bytes.Cut(line, []byte(":"))
		length = length || bytes.EqualFold(name, []byte(fiber.HeaderContentLength))
		chunks = chunks || bytes.EqualFold(name, []byte(fiber.HeaderTransferEncoding))
	}
	return !length || !chunks
}
