package handlers

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// answer is a reply before it is sent.
type answer struct {
	status   int
	location string
	body     any
}

// once reads the Idempotency-Key; render makes the answer that is kept with the effect.
func once[T any](c *fiber.Ctx, render func(T) answer) (*models.Once, error) {
	return onceWith(c, c.Request().Body(), render)
}

// onceWith does the same for a body that says the same in other bytes each time it is sent.
func onceWith[T any](c *fiber.Ctx, body []byte, render func(T) answer) (*models.Once, error) {
	key := c.Get("Idempotency-Key")
	if key == "" {
		return nil, nil
	}
	if len(key) > 200 || !printable(key) {
		return nil, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "Idempotency-Key", Code: "bad_key"}}}
	}
	request := append([]byte(c.Method()+" "+c.Path()+"\n"), body...)
	return &models.Once{Key: key, Body: request, Answer: func(result any) (int, string, []byte, error) {
		a := render(result.(T))
		body, err := json.Marshal(a.body)
		return a.status, a.location, body, err
	}}, nil
}

func printable(s string) bool {
	for _, r := range s {
		if r < 0x21 || r > 0x7e {
			return false
		}
	}
	return true
}

// reply sends the answer of a write: the kept one, or the one just made.
func reply[T any](c *fiber.Ctx, o *models.Once, result T, err error, render func(T) answer) error {
	if err != nil {
		return err
	}
	if o != nil && o.Kept != nil {
		c.Set("Idempotency-Replayed", "true")
		return send(c, o.Kept.Status, o.Kept.Location, o.Kept.Body)
	}
	a := render(result)
	body, err := json.Marshal(a.body)
	if err != nil {
		return err
	}
	return send(c, a.status, a.location, body)
}

// send sends JSON that nobody may keep.
func send(c *fiber.Ctx, status int, location string, body []byte) error {
	if location != "" {
		c.Set(fiber.HeaderLocation, location)
	}
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Authorization, Accept-Language")
	return c.Status(status).Send(body)
}

// show sends a read's answer.
func show(c *fiber.Ctx, body any, err error) error {
	if err != nil {
		return err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, "", text)
}

// list is a page of anything.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// pageOf makes a page from what the store returned.
func pageOf[In, Out any](in []In, next string, item func(In) Out) list[Out] {
	out := list[Out]{Items: make([]Out, 0, len(in))}
	for _, x := range in {
		out.Items = append(out.Items, item(x))
	}
	if next != "" {
		out.Next = &next
	}
	return out
}
