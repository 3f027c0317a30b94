package handlers

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const securityPath = "/verwaltung/sicherheitsprotokoll"

// securitySpans are how far back the page can look, in hours.
var securitySpans = []int{24, 72, 24 * 7, 24 * 30, 24 * 90}

// securityLog shows what touched safety: numbers first, then line by line.
func (d *door) securityLog(c *fiber.Ctx) error {
	p := &templates.SecurityPage{Desk: d.desk(c, say(c, "web.record.security")), Choose: user(c).AGS == "", Place: strings.TrimSpace(c.Query("kommune")), Spans: securitySpans, Codes: models.SecurityCodes}
	f, problem, err := d.securityAsked(c)
	if err != nil {
		return err
	}
	if problem != nil {
		p.Problems = []templates.Problem{*problem}
	}
	p.Code, p.Hours = f.Code, int(f.Since/time.Hour)
	if p.Counts, err = d.Store.SecurityCounts(c.UserContext(), user(c), f); err != nil {
		return err
	}
	es, next, err := d.Store.SecurityLog(c.UserContext(), user(c), f)
	if err != nil {
		return err
	}
	p.Entries = es
	p.Next, p.First = pages(c, next)
	p.CSV = securityPath + ".csv?" + string(c.Request().URI().QueryString())
	return d.render(c, fiber.StatusOK, p)
}

// securityAsked is the filter that an address names; what is unknown in it does not count.
func (d *door) securityAsked(c *fiber.Ctx) (models.SecurityFilter, *templates.Problem, error) {
	f := models.SecurityFilter{Code: models.SecurityCode(c.Query("vorgang")), Since: models.SecurityShown, Cursor: c.Query("cursor")}
	if !slices.Contains(models.SecurityCodes, f.Code) {
		f.Code = ""
	}
	if h, err := strconv.Atoi(c.Query("stunden")); err == nil && slices.Contains(securitySpans, h) {
		f.Since = time.Duration(h) * time.Hour
	}
	chain, problem, err := d.chainAsked(c, strings.TrimSpace(c.Query("kommune")))
	if chain != models.Installation {
		f.AGS = chain
	}
	return f, problem, err
}

// mostSecurityRows is how many lines a file of the log holds.
const mostSecurityRows = 20_000

// securityFile sends the log as a table for spreadsheets.
func (d *door) securityFile(c *fiber.Ctx) error {
	f, _, err := d.securityAsked(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("\ufeff") // without it spreadsheets read umlauts wrongly
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	head := make([]string, 0, 8)
	for _, k := range []string{"minute", "code", "what", "town", "user", "token", "address", "detail", "count"} {
		head = append(head, say(c, "web.record.col."+k))
	}
	_ = w.Write(harmless(head...)) // a buffer takes everything
	f.Cursor, f.Limit = "", 200
	for rows := 0; rows < mostSecurityRows; {
		es, next, err := d.Store.SecurityLog(c.UserContext(), user(c), f)
		if err != nil {
			return err
		}
		for _, e := range es {
			_ = w.Write(harmless(e.Minute.Format(time.RFC3339), string(e.Code), say(c, "web.record.code."+string(e.Code)), e.AGS, idText(e.UserID), idText(e.TokenID), e.Address, e.Detail, idText(e.Count)))
		}
		if rows += len(es); next == "" {
			break
		}
		f.Cursor = next
	}
	w.Flush()
	if err := d.witness(c, models.Exported, "security_log"); err != nil {
		return err
	}
	return download(c, "formwandel-sicherheitsprotokoll.csv", "text/csv; charset=utf-8", out.Bytes())
}

// idText is a number as text; "" for none.
func idText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
