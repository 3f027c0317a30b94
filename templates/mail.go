package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"sync"

	"formwandel/models"
)

//go:embed mails
var mailFiles embed.FS

// Mail is one letter as a run of blocks. Plain text and HTML are both made of
// it, so they cannot say different things.
type Mail struct {
	Lang    string
	Subject string
	Blocks  []Block
}

// Block is a piece of a letter. Text introduces the items of a list or quote and
// names an action.
type Block struct {
	Kind  BlockKind
	Text  string
	Items []string
	URL   string // of an action, also shown in full
}

// BlockKind says how a block looks; in HTML the template of that name writes it.
type BlockKind string

// The kinds of block.
const (
	Paragraph BlockKind = "paragraph"
	List      BlockKind = "list"
	Facts     BlockKind = "facts"  // short lines "name: value"
	Quote     BlockKind = "quote"  // what a person typed, framed
	Link      BlockKind = "action" // the one thing to do
	Footer    BlockKind = "footer"
)

var (
	mailHTML = template.Must(template.ParseFS(mailFiles, "mails/mail.html.tmpl"))
	mailBufs = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// RenderMail writes a letter in its recipient's language. All links start with
// baseURL; the subject holds no text typed by people.
func RenderMail(l models.Letter, baseURL string) (subject, text, html string, err error) {
	m, err := NewMail(l, baseURL)
	if err != nil {
		return "", "", "", err
	}
	if html, err = m.HTML(); err != nil {
		return "", "", "", fmt.Errorf("templates: HTML of a %q mail: %w", l.Mail.Kind, err)
	}
	return m.Subject, m.Text(), html, nil
}

// Text is the letter as plain text.
func (m Mail) Text() string {
	buf := mailBufs.Get().(*bytes.Buffer)
	defer mailBufs.Put(buf)
	buf.Reset()
	for i, b := range m.Blocks {
		if i > 0 {
			buf.WriteByte('\n')
		}
		b.writeText(buf)
	}
	return buf.String()
}

// bullets begin the lines of a block's items in plain text.
var bullets = map[BlockKind]string{List: "- ", Quote: "> "}

func (b Block) writeText(buf *bytes.Buffer) {
	if b.Kind == Footer {
		buf.WriteString("-- \n") // mail programs know it as the end of the message
	}
	for _, line := range []string{b.Text, b.URL} {
		if line != "" {
			buf.WriteString(line)
			buf.WriteByte('\n')
		}
	}
	for _, item := range b.Items {
		buf.WriteString(bullets[b.Kind])
		buf.WriteString(item)
		buf.WriteByte('\n')
	}
}

// HTML is the letter as a page of its own: one column, no pictures, nothing to
// load, readable on dark ground.
func (m Mail) HTML() (string, error) {
	buf := mailBufs.Get().(*bytes.Buffer)
	defer mailBufs.Put(buf)
	buf.Reset()
	for _, b := range m.Blocks {
		if err := mailHTML.ExecuteTemplate(buf, string(b.Kind), b); err != nil {
			return "", err
		}
	}
	page := struct {
		Lang, Subject string
		Body          template.HTML
	}{m.Lang, m.Subject, template.HTML(buf.String())} //nolint:gosec // the templates above escaped it
	buf.Reset()
	if err := mailHTML.ExecuteTemplate(buf, "mail", page); err != nil {
		return "", err
	}
	return buf.String(), nil
}
