package handlers

import (
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// attachmentJSON is a document of a request.
type attachmentJSON struct {
	ID     int64         `json:"id"`
	Name   string        `json:"name"`
	Type   string        `json:"type"`
	Size   int64         `json:"size"`
	SHA256 string        `json:"sha256"`
	Author models.Person `json:"author"`
	At     time.Time     `json:"at"`
	Href   string        `json:"href"`
}

func (d *door) attachmentJSON(number string, a models.Attachment) attachmentJSON {
	return attachmentJSON{a.ID, a.Name, a.Type, a.Size, a.Blob, a.Author, a.At.UTC(), d.link("/api/v1/requests/" + number + "/attachments/" + itoa(a.ID))}
}

// attachments lists a request's documents.
func (d *door) attachments(c *fiber.Ctx) error {
	number := c.Params("number")
	as, err := d.Store.Attachments(c.UserContext(), user(c), number)
	return show(c, pageOf(as, "", func(a models.Attachment) attachmentJSON { return d.attachmentJSON(number, a) }), err)
}

// attach takes one document from the multipart field "file".
func (d *door) attach(c *fiber.Ctx) error {
	name, body, err := d.document(c)
	if err != nil {
		return err
	}
	number := c.Params("number")
	render := func(a *models.Attachment) answer {
		j := d.attachmentJSON(number, *a)
		return answer{fiber.StatusCreated, j.Href, j}
	}
	o, err := onceWith(c, append([]byte(name+"\n"), body...), render) // the boundary differs each time
	if err != nil {
		return err
	}
	out, err := d.Store.Attach(c.UserContext(), user(c), number, name, body, o)
	return reply(c, o, out, err, render)
}

// upload reads the one file of a multipart body; beside are the names that may stand beside it.
func upload(c *fiber.Ctx, beside ...string) (string, []byte, error) {
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != "multipart/form-data" {
		return "", nil, &models.Error{Kind: models.Unsupported, Code: "multipart_expected"}
	}
	form, err := c.MultipartForm()
	if err != nil {
		return "", nil, malformed("not_multipart", "file")
	}
	files := form.File["file"]
	if len(files) != 1 || len(form.File) != 1 || !bare(form.Value, isPage(c), beside) {
		return "", nil, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "file", Code: "one_file"}}}
	}
	body, err := contentOf(files[0])
	return files[0].Filename, body, err
}

// bare tells whether nothing stands beside the file but what every form of a page has, and what this one has.
func bare(values map[string][]string, onPage bool, beside []string) bool {
	for name := range values {
		if !onPage || name != "csrf" && name != "key" && !slices.Contains(beside, name) {
			return false
		}
	}
	return true
}

func contentOf(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, models.MaxAttachment+1))
}

// attachment sends a document, always as a download that no browser runs.
func (d *door) attachment(c *fiber.Ctx) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	leave, err := d.fetchable(c)
	if err != nil {
		return err
	}
	a, loan, err := d.Store.Attachment(c.UserContext(), user(c), c.Params("number"), id)
	if err != nil {
		leave()
		return err
	}
	d.taken(c, "attachment "+itoa(id))
	c.Set(fiber.HeaderContentType, a.Type)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return d.sendSlowly(c, loan.Content, func() { loan.Return(); leave() })
}
