package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// months are the names under which people know them, German first; three letters and a full stop do as well.
var months = map[string]time.Month{
	"januar": 1, "jänner": 1, "februar": 2, "märz": 3, "maerz": 3, "april": 4, "mai": 5, "juni": 6, "juli": 7, "august": 8, "september": 9,
	"oktober": 10, "november": 11, "dezember": 12,
	"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "october": 10, "december": 12,
	"jan": 1, "feb": 2, "mär": 3, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}

// written is a day as people write it: 1.1.2027, 01.01.27, 1. Januar 2027, 1 January 2027.
var written = regexp.MustCompile(`^(\d{1,2})\s*(?:\.\s*|\s|-|/)\s*(\d{1,2}|\p{L}{3,9})\s*(?:\.\s*|\s|-|/)\s*(\d{4}|\d{2})$`)

// ReadDay reads a day as people write it: 1.1.2027, 01.01.27, 1. Januar 2027, or as machines do. A weekday
// before it is ignored; a day that the month does not have is an error.
func ReadDay(s string) (Day, error) {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	if i := strings.LastIndex(s, ", "); i >= 0 {
		s = s[i+2:]
	}
	if d, err := ParseDay(s); err == nil {
		return d, nil
	}
	m := written.FindStringSubmatch(s)
	if m == nil {
		return Day{}, fmt.Errorf("calendar: %.40q is no day", s)
	}
	month := months[m[2]]
	if n, err := strconv.Atoi(m[2]); err == nil {
		month = time.Month(n)
	}
	if len(m[3]) == 2 {
		m[3] = "20" + m[3]
	}
	day, _ := strconv.Atoi(m[1]) // digits
	return ParseDay(fmt.Sprintf("%s-%02d-%02d", m[3], month, day))
}
