package models

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// A checkpoint shows the next day that the record has gone back to an earlier moment, its seals and all. So that it is seen at
// once, a server notes in its data folder where everything ends, and looks before the next note whether that is still there.

// Ends is where every chain of events ends, and the security log, and how far the tallies are.
type Ends struct {
	Installation string // fingerprint of its key: another installation's ends say nothing
	Heads        []Head
	Log          int64  // number of the log's last line
	Tallies      []Head // a table's name and part as the chain, its turn, and a digest
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
	if err == nil {
		e.Tallies, err = readTallies(db)
	}
	return e, trouble(err)
}

// readTallies reads where all tallies stand.
func readTallies(db *gorm.DB) (out []Head, err error) {
	rows, err := allTallies(db)
	for _, x := range rows {
		out = append(out, x.head())
	}
	return out, err
}

// turnedBack names tallies that are not where they were known to be, or behind it.
func turnedBack(noted, now []Head) (out []Finding) {
	turns := make(map[string]Head, len(now))
	for _, h := range now {
		turns[h.Chain] = h
	}
	for _, h := range noted {
		if is := turns[h.Chain]; is.Seq < h.Seq || is.Seq == h.Seq && is.Hash != h.Hash {
			table, part, _ := strings.Cut(h.Chain, "/")
			out = append(out, Finding{fmt.Sprintf("tally of %s, part %s", table, part), fmt.Sprintf("has gone back, it was written %d times", h.Seq)})
		}
	}
	return out
}

// head is where a tally stands.
func (x *tallyRow) head() Head {
	return Head{Chain: fmt.Sprintf("%s/%d", x.Name, x.Part), Seq: x.Turn, Hash: digest(x.Sum, strconv.FormatInt(x.Total, 10))}
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
	out = append(out, turnedBack(noted.Tallies, now.Tallies)...)
	if now.Log < noted.Log {
		out = append(out, Finding{fmt.Sprintf("security log line %d", noted.Log), "was there, and is gone"})
	}
	return out, nil
}

// tallyWord begins a line about a tally.
const tallyWord = "tally "

// Text is how ends are kept in a file; see ReadEnds.
func (e Ends) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "formwandel ends 1\ninstallation: %s\nsecurity log: %d\n\n", e.Installation, e.Log)
	for _, h := range e.Heads {
		fmt.Fprintln(&b, h)
	}
	for _, h := range e.Tallies {
		fmt.Fprintln(&b, tallyWord+h.String())
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
		line, isTally := strings.CutPrefix(in.Text(), tallyWord)
		h, err := ReadHead(line)
		switch {
		case err != nil:
			return e, err
		case isTally:
			e.Tallies = append(e.Tallies, h)
		default:
			e.Heads = append(e.Heads, h)
		}
	}
	return e, nil
}
