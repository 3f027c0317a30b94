package models

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// A checkpoint shows the next day that the record has gone back to an earlier moment, its seals and all. So that it is seen at
// once, a server notes in its data folder where everything ends, and looks before the next note whether that is still there.

// Ends is where every chain of events ends, and the security log.
type Ends struct {
	Installation string // fingerprint of its key: another installation's ends say nothing
	Heads        []Head
	Log          int64 // number of the log's last line
}

// Ends reads where everything ends now.
func (s *Store) Ends(ctx context.Context) (e Ends, err error) {
	ctx = asInstallation(ctx)
	if e.Heads, _, err = s.Heads(ctx); err != nil {
		return e, err
	}
	db := s.reader.WithContext(ctx)
	if err = db.Raw(`SELECT value FROM settings WHERE name = 'factor_key'`).Scan(&e.Installation).Error; err == nil {
		err = db.Raw(`SELECT last FROM security_ends`).Scan(&e.Log).Error
	}
	return e, trouble(err)
}

// Lost names what was there when ends were noted, and is not there now. Another installation has lost nothing.
func (s *Store) Lost(ctx context.Context, noted, now Ends) (out []Finding, err error) {
	ctx = asInstallation(ctx)
	if now.Installation != noted.Installation {
		return nil, nil
	}
	same := make(map[Head]bool, len(now.Heads))
	for _, h := range now.Heads {
		same[h] = true
	}
	for _, h := range noted.Heads {
		if same[h] {
			continue
		}
		var hash string
		if err := s.reader.WithContext(ctx).Raw(`SELECT hash FROM events WHERE ags = ? AND seq = ?`, h.Chain, h.Seq).Scan(&hash).Error; err != nil {
			return nil, trouble(err)
		}
		if hash != h.Hash {
			out = append(out, Finding{fmt.Sprintf("municipality %s event %d", h.Chain, h.Seq), "was there, and is gone or another"})
		}
	}
	if now.Log < noted.Log {
		out = append(out, Finding{fmt.Sprintf("security log line %d", noted.Log), "was there, and is gone"})
	}
	return out, nil
}

// Text is how ends are kept in a file; see ReadEnds.
func (e Ends) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "formwandel ends 1\ninstallation: %s\nsecurity log: %d\n\n", e.Installation, e.Log)
	for _, h := range e.Heads {
		fmt.Fprintln(&b, h)
	}
	return b.String()
}

// ReadEnds reads what Text has written.
func ReadEnds(text string) (e Ends, err error) {
	head, lines, _ := strings.Cut(text, "\n\n")
	if n, err := fmt.Sscanf(head, "formwandel ends 1\ninstallation: %s\nsecurity log: %d", &e.Installation, &e.Log); n < 2 {
		return e, errors.Join(errors.New("these are no ends of Formwandel"), err)
	}
	for in := bufio.NewScanner(strings.NewReader(lines)); in.Scan(); {
		h, err := ReadHead(in.Text())
		if err != nil {
			return e, err
		}
		e.Heads = append(e.Heads, h)
	}
	return e, nil
}
