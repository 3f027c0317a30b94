package models

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"formwandel/models/definition"
)

// auditChunk is how many requests an audit looks at together.
const auditChunk = 500

// ledger gives an audit the rows of a database.
type ledger struct {
	*audit
	ctx      context.Context
	db       *gorm.DB // sees one moment
	beside   *gorm.DB // for what does not change any more
	s        *Store
	keys     []SigningKey
	postgres bool
	words    wordSums            // by which requests should be found
	called   map[string][]string // assistant → what it is called in each version of its questionnaire
	misread  *int                // rows that can't be read, nil: nobody has looked for them yet
	wanted   bool                // rows without a seal have come by right since: see sealsWanted
}

// checkpoints reads keys and checkpoints.
func (l *ledger) checkpoints() error {
	if err := l.db.Raw(`SELECT * FROM signing_keys ORDER BY created_at, id`).Scan(&l.keys).Error; err != nil {
		return err
	}
	if len(l.signers) == 0 {
		l.signers = l.keys
	}
	for last := int64(0); ; {
		var rows []checkpointRow
		if err := l.db.Where("number > ?", last).Order("number").Limit(auditChunk).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		last = rows[len(rows)-1].Number
		for _, r := range rows {
			l.own(r)
		}
	}
	l.outside()
	l.settled()
	return nil
}

// noted takes what the installation's own server has noted as what must still be there.
func (l *ledger) noted() error {
	var installation string
	err := l.db.Raw(`SELECT value FROM settings WHERE name = 'factor_key'`).Scan(&installation).Error
	if err != nil || installation != l.Noted.Installation {
		return err
	}
	l.keep(l.Noted.Heads, "the server's note")
	l.seen = max(l.seen, l.Noted.Log)
	now, err := readTallies(l.db)
	for _, f := range turnedBack(l.Noted.Tallies, now) {
		l.found(f.What, "%s", f.Where)
	}
	return err
}

// chains walks every municipality's events, and holds its requests against them.
func (l *ledger) chains() error {
	var heads []Head
	if err := l.db.Raw(`SELECT ags AS chain, seq, hash FROM chains ORDER BY ags`).Scan(&heads).Error; err != nil {
		return err
	}
	for _, h := range heads {
		w := l.walk(h)
		if err := l.events(h, w.next); err != nil {
			return err
		}
		w.end()
		if err := l.requests(h.Chain); err != nil {
			return err
		}
		l.gone()
	}
	l.unvisited()
	return l.strays()
}

// strays reports rows of municipalities that have no chain.
func (l *ledger) strays() error {
	var events, requests int
	err := cmp.Or(l.db.Raw(`SELECT count(*) FROM events`).Row().Scan(&events), l.db.Raw(`SELECT count(*) FROM requests`).Row().Scan(&requests))
	if events != l.report.Events {
		l.found(fmt.Sprintf("%d events belong to no chain", events-l.report.Events), "events")
	}
	if requests != l.report.Requests {
		l.found(fmt.Sprintf("%d requests belong to no chain", requests-l.report.Requests), "requests")
	}
	return err
}

// requests holds a municipality's requests against what its events say.
func (l *ledger) requests(ags string) error {
	for last := int64(-1 << 62); ; {
		var rs []*Request
		if err := l.db.Where("ags = ? AND id > ?", ags, last).Order("id").Limit(auditChunk).Find(&rs).Error; err != nil || len(rs) == 0 {
			return err
		}
		last = rs[len(rs)-1].ID
		if err := l.some(rs); err != nil {
			return err
		}
	}
}

// some reads what belongs to some requests.
func (l *ledger) some(rs []*Request) error {
	l.sections = true
	files := make(map[int64]*file, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		files[r.ID], ids[i] = &file{r: r}, r.ID
	}
	var as []Approval
	var cs []Configuration
	var ds []Attachment
	var ss []sectionRow
	err := cmp.Or(loadParts(l.db, rs),
		l.db.Where("request_id IN ?", ids).Order("id").Find(&as).Error,
		l.db.Where("request_id IN ? AND cause = ?", ids, causeApply).Find(&cs).Error,
		l.db.Where("request_id IN ?", ids).Order("id").Find(&ds).Error,
		l.db.Where("request_id IN ?", ids).Find(&ss).Error)
	if err != nil {
		return err
	}
	for _, x := range as {
		files[x.RequestID].approvals = append(files[x.RequestID].approvals, x)
	}
	for _, c := range cs {
		files[*c.RequestID].made = append(files[*c.RequestID].made, c)
	}
	for _, x := range ss {
		files[x.RequestID].sections = append(files[x.RequestID].sections, x.Section)
	}
	for _, d := range ds {
		files[d.RequestID].documents = append(files[d.RequestID].documents, d)
	}
	took := make(map[int64]cast, len(rs))
	for _, r := range rs {
		if h := l.heard[r.ID]; h != nil {
			took[r.ID] = h.cast
		}
		l.request(files[r.ID])
	}
	return l.wantWords(rs, took)
}

// versions walks every form's configurations.
func (l *ledger) versions() error {
	var forms []Form
	if err := l.db.Order("id").Find(&forms).Error; err != nil {
		return err
	}
	names, last := map[int64]string{}, map[int64]Configuration{}
	for _, f := range forms {
		names[f.ID] = f.Key()
	}
	rows, err := l.db.Model(&Configuration{}).Order("form_id, number").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c Configuration
		if err := l.db.ScanRows(rows, &c); err != nil {
			return err
		}
		l.version(names[c.FormID], last[c.FormID], c)
		last[c.FormID] = c
	}
	for _, f := range forms {
		l.endOf(f, last[f.ID])
	}
	l.formsGone()
	return rows.Err()
}

// questionnaires holds them against the record, and remembers what assistants are called in them.
func (l *ledger) questionnaires(qs []definitionRow) {
	for _, q := range qs {
		l.questionnaire(q)
		var d definition.Definition
		if json.Unmarshal([]byte(q.Content), &d) == nil { // another content is found as such
			l.called[q.Assistant] = append(l.called[q.Assistant], d.Title)
		}
	}
}

// others holds questionnaires, policies, accounts, keys and checkpoints against what events say.
func (l *ledger) others() error {
	l.spokenOf(l.keys)
	var qs []definitionRow
	var towns []townRow
	var grants []grantRow
	var uses []useRow
	var tokens []Token
	var proposals []proposalRow
	var roles []struct {
		UserID int64
		Roles  string
	}
	var assistants []assistantRow
	var settings []settingRow
	var calendars []calendarRow
	var runs []runRow
	gather := `group_concat(role, ' ')`
	if l.postgres {
		gather = `string_agg(role, ' ')`
	}
	people, err := loadAccountRows(l.db, 0)
	factors, failed := requirement(l.db)
	err = cmp.Or(err, failed,
		l.db.Raw(`SELECT assistant, version, content, hash, created_at FROM definitions ORDER BY assistant, version`).Scan(&qs).Error,
		l.db.Order("ags, kind").Find(&grants).Error, l.db.Order("ags, seq").Find(&uses).Error, l.db.Order("id").Find(&tokens).Error, l.db.Order("ags").Find(&proposals).Error,
		l.db.Order("ags").Find(&towns).Error,
		l.db.Raw(`SELECT user_id, `+gather+` AS roles FROM user_roles GROUP BY user_id`).Scan(&roles).Error,
		l.db.Order("key").Find(&assistants).Error, l.db.Order("name").Find(&settings).Error, l.db.Order("user_id").Find(&calendars).Error, l.db.Order("id").Find(&runs).Error)
	if err != nil {
		return err
	}
	l.questionnaires(qs)
	for _, m := range towns {
		l.town(m)
	}
	of := make(map[int64]string, len(roles))
	for _, r := range roles {
		of[r.UserID] = r.Roles
	}
	l.accounts(people, of)
	l.factorRoles(factors)
	l.decides(settings)
	l.followed(calendars)
	l.reported(runs)
	for _, x := range assistants {
		l.assistant(x)
	}
	l.lacks(l.audit.assistants)
	l.unnamed(l.audit.assistants)
	l.granted(grants, uses)
	l.proposed(proposals)
	l.mailLinks()
	for _, x := range tokens {
		l.token(x)
	}
	l.tokensGone()
	l.othersGone()
	return l.shelves()
}
