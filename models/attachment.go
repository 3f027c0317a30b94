package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
)

// Limits of attachments.
const (
	MaxAttachment         = 10 << 20 // bytes of one file
	maxAttachmentsPerCase = 20
	maxAttachmentsSize    = 50 << 20 // bytes of all files of one request
	maxTownSize           = 5 << 30  // bytes of all files of one municipality
)

// attachmentTypes are what an office sends, told by content, with the ending
// each is downloaded under. Nothing in it runs in a browser.
var attachmentTypes = map[string]string{
	"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "text/plain": ".txt", "text/csv": ".csv",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"application/vnd.oasis.opendocument.text":                                 ".odt",
	"application/vnd.oasis.opendocument.spreadsheet":                          ".ods",
}

// Attachment is a document that belongs to a request; its content is stored once by hash.
type Attachment struct {
	ID        int64
	RequestID int64
	AuthorID  int64
	Name      string // as it is offered for download
	Type      string // by content; of a text the name may say that it is a table, see textOrTable
	Size      int64
	Blob      string // SHA-256 of the content
	At        time.Time
	Author    Person `gorm:"-"`
}

// Attach adds a document to a request that is still open.
func (s *Store) Attach(ctx context.Context, u User, number, name string, body []byte, o *Once) (*Attachment, error) {
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, err
	}
	if err := u.refused(AttachFiles, ags); err != nil {
		return nil, err
	}
	kind, err := contentType(body)
	if err != nil {
		return nil, err
	}
	kind = textOrTable(name, kind, body)
	sum := sha256.Sum256(body)
	a := &Attachment{AuthorID: u.ID, Name: fileName(name, kind), Type: kind, Size: int64(len(body)), Blob: hex.EncodeToString(sum[:]), Author: u.person()}
	err = s.onRequest(ctx, u, number, o, func(t *tx, r *Request) (any, error) {
		if !r.Open {
			return nil, conflict("closed", "status", string(r.Status))
		}
		if err := t.roomFor(r, a.Size); err != nil {
			return nil, err
		}
		a.RequestID, a.At = r.ID, t.now
		t.do(`INSERT INTO blobs (hash, size, content) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING`, a.Blob, a.Size, body)
		if err := t.flush(); err != nil {
			return nil, err
		}
		t.touches("attachments", "request_id = ?", r.ID)
		err := t.db.Raw(`INSERT INTO attachments (request_id, author_id, name, type, size, blob, at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			a.RequestID, a.AuthorID, a.Name, a.Type, a.Size, a.Blob, a.At).Row().Scan(&a.ID)
		if err != nil {
			return nil, err
		}
		e, err := t.record(Event{RequestID: &r.ID, ActorID: &u.ID, Action: Attach, From: r.Status, To: r.Status, Version: r.Version}, EventData{File: a.Blob, Row: a.rowHash()})
		if err == nil && !r.ownCast().names(&u.ID) {
			err = t.reindex(r, e)
		}
		return a, err
	})
	return a, err
}

// roomFor keeps the documents of a request, and of its municipality, within bounds.
func (t *tx) roomFor(r *Request, size int64) error {
	var have struct{ N, Size int64 }
	if err := t.db.Raw(`SELECT count(*) AS n, coalesce(sum(size), 0) AS size FROM attachments WHERE request_id = ?`, r.ID).Scan(&have).Error; err != nil {
		return err
	}
	if have.N >= maxAttachmentsPerCase {
		return conflict("too_many_attachments", "max", maxAttachmentsPerCase)
	}
	if have.Size+size > maxAttachmentsSize {
		return &Error{Kind: TooLarge, Code: "attachments_too_large", Args: pairs([]any{"max", maxAttachmentsSize >> 20})}
	}
	var town int64
	if err := t.db.Raw(`SELECT coalesce(sum(a.size), 0) FROM requests r JOIN attachments a ON a.request_id = r.id WHERE r.ags = ?`, r.AGS).Row().Scan(&town); err != nil {
		return err
	}
	if town+size > maxTownSize {
		return &Error{Kind: TooLarge, Code: "attachments_town_full", Args: pairs([]any{"max", maxTownSize >> 30})}
	}
	return nil
}

// contentType tells a document's type by its content; what the product does not take is refused.
func contentType(body []byte) (string, error) {
	switch {
	case len(body) == 0:
		return "", invalid("file", "file_empty")
	case len(body) > MaxAttachment:
		return "", &Error{Kind: TooLarge, Code: "attachment_too_large", Args: pairs([]any{"max", MaxAttachment >> 20})}
	}
	kind, _, _ := strings.Cut(mimetype.Detect(body).String(), ";")
	if kind == "application/pdf" && !bytes.HasPrefix(bytes.TrimLeft(body, "\r\n\t "), []byte("%PDF-")) {
		kind = "application/octet-stream" // its mark stands behind something else, a page for example
	}
	if _, ok := attachmentTypes[kind]; !ok {
		return "", &Error{Kind: Unsupported, Code: "attachment_type", Args: pairs([]any{"type", kind}), Fields: []FieldError{{Field: "file", Code: "attachment_type"}}}
	}
	if strings.Contains(kind, "document") {
		return kind, soundArchive(body)
	}
	return kind, nil
}

// fileName is a harmless name for a document: letters, digits and a few signs,
// with the ending of what it really is.
func fileName(name, kind string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_ .()", r) {
			return r
		}
		return -1
	}, name)
	name = strings.Trim(name, " .")
	if r := []rune(name); len(r) > 100 {
		name = strings.TrimRight(string(r[:100]), " .")
	}
	if name == "" {
		name = "anlage"
	}
	return name + attachmentTypes[kind]
}

// Attachments lists a request's documents, oldest first.
func (s *Store) Attachments(ctx context.Context, u User, number string) ([]Attachment, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, err
	}
	var out []Attachment
	err = s.reader.WithContext(ctx).Raw(`SELECT a.* FROM attachments a JOIN requests r ON r.id = a.request_id WHERE r.number = ? AND r.ags = ? ORDER BY a.id`, number, ags).Scan(&out).Error
	if err != nil || len(out) == 0 {
		return out, trouble(err)
	}
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	ids := make([]int64, len(out))
	for i := range out {
		ids[i] = out[i].AuthorID
	}
	if err := t.loadPeople(ids); err != nil {
		return nil, trouble(err)
	}
	for i := range out {
		out[i].Author = t.people[out[i].AuthorID].person()
	}
	return out, nil
}

// Attachment reads one document and lends its content.
func (s *Store) Attachment(ctx context.Context, u User, number string, id int64) (*Attachment, *Loan, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, nil, err
	}
	var a Attachment
	err = s.reader.WithContext(ctx).Raw(`SELECT a.* FROM attachments a JOIN requests r ON r.id = a.request_id WHERE r.number = ? AND r.ags = ? AND a.id = ?`, number, ags, id).Scan(&a).Error
	if err != nil {
		return nil, nil, trouble(err)
	}
	if a.ID == 0 {
		return nil, nil, notFound("attachment")
	}
	content, err := s.documents.lend(ctx, a.Blob, func() (content []byte, err error) {
		return content, s.reader.WithContext(ctx).Raw(`SELECT content FROM blobs WHERE hash = ?`, a.Blob).Row().Scan(&content)
	})
	return &a, content, trouble(err)
}
