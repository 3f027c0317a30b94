package handlers

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// A body is read when it is known who sends it, and as much as that person
// may send: until then it stays on the line and takes no memory.

const bodyKey = "body"

// How much is read. Small bodies need no place; larger ones wait for one, so
// that all of them together stay within memory.
const (
	smallBody  = 16 << 10
	formBody   = 4 << 20   // of a form or of JSON
	formBodyBy = 256 << 10 // of somebody unknown: long words typed before a session ended
	smallFile  = 256 << 10 // goes out at once
	slowest    = 64 << 10  // bytes a second of a large body, sent or fetched
	fastest    = 16 << 20  // bytes a second of a file that is fetched: more than the line of a town hall takes, less than keeps a processor busy
)

// leaveOutside keeps the body on the line until somebody takes it in.
func leaveOutside(c *fiber.Ctx) {
	if stream := c.Context().RequestBodyStream(); stream != nil {
		c.Locals(bodyKey, stream)
		c.Request().ResetBody()
	}
}

// takeIn reads the body. That can take a while: the time to answer begins when it is there, and who sent it has to be there still.
func (d *door) takeIn(c *fiber.Ctx) error {
	stream, _ := c.Locals(bodyKey).(io.Reader)
	if stream == nil {
		return c.Next()
	}
	most, size := mostOf(c), c.Request().Header.ContentLength()
	if size > most {
		return fiber.ErrRequestEntityTooLarge
	}
	if size > smallBody || size < 0 {
		leave, err := d.room(c, size, most)
		if err != nil {
			return err
		}
		defer leave()
	}
	body, err := d.read(c, stream, size, most)
	if err != nil {
		return err
	}
	c.Request().SetBodyRaw(body)
	defer giveTime(c)()
	if err := d.recogniseAgain(c); err != nil {
		return err
	}
	return c.Next()
}

// mostOf is how large a body may be.
func mostOf(c *fiber.Ctx) int {
	switch {
	case user(c).ID == 0:
		return formBodyBy
	case hasFiles(c):
		return maxBody
	}
	return formBody
}

// room waits for memory; a body of unknown size may become as large as any.
func (d *door) room(c *fiber.Ctx, size, most int) (leave func(), err error) {
	ctx, stop := patiently(c)
	defer stop()
	if size < 0 {
		size = most
	}
	if user(c).ID == 0 {
		return d.strangers.enter(ctx, who(c), int64(size))
	}
	return d.bodies.enter(ctx, who(c), int64(size))
}

// read reads a body whole; a larger one has longer.
func (d *door) read(c *fiber.Ctx, stream io.Reader, size, most int) ([]byte, error) {
	if size > smallBody || size < 0 {
		allowed := readTimeout + time.Duration(max(size, most/8)/slowest)*time.Second
		if err := c.Context().SetReadDeadline(d.Now().Add(allowed)); err != nil {
			return nil, err
		}
	}
	body, err := readBody(stream, size, most)
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		err = fiber.ErrRequestTimeout
	case err != nil:
		err = fiber.ErrBadRequest // what was to come, or how it was cut up
	case len(body) > most:
		err = fiber.ErrRequestEntityTooLarge
	case size >= 0 && len(body) != size:
		err = fiber.ErrBadRequest
	}
	if err != nil {
		c.Context().SetConnectionClose()
	}
	return body, err
}

// readBody takes memory as bytes arrive: what was only announced takes none, and who sends a byte at a time gets no more room with each.
func readBody(stream io.Reader, size, most int) ([]byte, error) {
	if size >= 0 && size <= smallBody {
		most = size
	}
	var body []byte
	for {
		if len(body) == cap(body) {
			larger := make([]byte, len(body), len(body)+min(max(len(body), 4<<10), 1<<20))
			copy(larger, body)
			body = larger
		}
		n, err := stream.Read(body[len(body):min(cap(body), most+1)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) || err == nil && len(body) > most {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// sent is a large answer on its way; its place is freed when it has been fetched, or when it will not be.
type sent struct {
	io.Reader
	leave func()
	ahead int // bytes since it last gave way to others
}

// Read goes no faster than fastest: who fetches large files one after the other leaves the processors to those who wait for pages.
func (s *sent) Read(p []byte) (int, error) {
	if s.ahead >= smallFile {
		time.Sleep(time.Duration(s.ahead) * time.Second / fastest)
		s.ahead = 0
	}
	n, err := s.Reader.Read(p)
	s.ahead += n
	return n, err
}

// Close frees the place.
func (s *sent) Close() error {
	s.leave()
	return nil
}

// fetchable waits until a large file may be held in memory for a caller who fetches it slowly, perhaps.
func (d *door) fetchable(c *fiber.Ctx) (leave func(), err error) {
	ctx, stop := patiently(c)
	defer stop()
	return d.fetched.enter(ctx, who(c), models.MaxAttachment)
}

// sendSlowly sends a file and gives who fetches a large one the time that its size needs.
func (d *door) sendSlowly(c *fiber.Ctx, body []byte, leave func()) error {
	if len(body) <= smallFile {
		leave()
		return c.Send(body)
	}
	allowed := readTimeout + time.Duration(len(body)/slowest)*time.Second
	if err := c.Context().SetWriteDeadline(d.Now().Add(allowed)); err != nil {
		leave()
		return err
	}
	c.Context().SetBodyStream(&sent{Reader: bytes.NewReader(body), leave: leave}, len(body))
	return nil
}
