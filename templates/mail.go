package templates

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"io"
	"sync"
	text "text/template"

	"formwandel/models"
)

//go:embed mails
var mailFiles embed.FS

// Mail is what the mail templates see: one letter as a run of blocks. Plain text
// and HTML are both made of it, so they cannot say different things.
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

// BlockKind says how a block looks.
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
	mailText = text.Must(text.ParseFS(mailFiles, "mails/mail.txt.tmpl"))
	mailHTML = html.Must(html.ParseFS(mailFiles, "mails/mail.html.tmpl"))
	mailBufs = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// RenderMail writes a letter in its recipient's language. All links start with
// baseURL; the subject holds no text typed by people.
func RenderMail(l models.Letter, baseURL string) (subject, plain, rich string, err error) {
	m, err := NewMail(l, baseURL)
	if err != nil {
		return "", "", "", err
	}
	if plain, err = fillIn(mailText.Execute, m); err != nil {
		return "", "", "", fmt.Errorf("templates: plain text of a %q mail: %w", l.Mail.Kind, err)
	}
	if rich, err = fillIn(mailHTML.Execute, m); err != nil {
		return "", "", "", fmt.Errorf("templates: HTML of a %q mail: %w", l.Mail.Kind, err)
	}
	return m.Subject, plain, rich, nil
}

func fillIn(into func(io.Writer, any) error, m Mail) (string, error) {
	b := mailBufs.Get().(*bytes.Buffer)
	defer mailBufs.Put(b)
	b.Reset()
	err := into(b, m)
	return b.String(), err
}
