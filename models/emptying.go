package models

import "strconv"

// empty deletes what people typed into a request and enclosed with it. What
// stays is what the record consists of: number, form, dates, typed values, who
// did what when. It returns how many events keep their words, because these are
// part of the hash itself (they were recorded before words were salted).
func (t *tx) empty(r *Request) (kept int, err error) {
	var es []Event
	if err := t.db.Where("ags = ? AND request_id = ? AND comment <> ''", r.AGS, r.ID).Order("seq").Find(&es).Error; err != nil {
		return 0, err
	}
	for _, e := range es {
		if !t.redact(&e) {
			kept++
		}
	}
	if err := t.mailsGoing(`request_id = ?`, r.ID); err != nil {
		return 0, err
	}
	t.do(`DELETE FROM mails WHERE request_id = ?`, r.ID)
	t.do(`DELETE FROM typed WHERE request_id = ?`, r.ID)
	t.do(`DELETE FROM presence WHERE request_id = ?`, r.ID)
	if err := t.dropAttachments(r.ID); err != nil {
		return kept, err
	}
	t.must(1, `UPDATE requests SET reason = '', wish = '', emptied_at = ? WHERE id = ?`, t.now, r.ID)
	r.Reason, r.Wish, r.EmptiedAt = "", "", &t.now
	if _, err := t.record(Event{Action: EmptyRequest}, EventData{Subject: "request " + strconv.FormatInt(r.ID, 10), Other: r.Number, Row: rowHash(r)}); err != nil {
		return kept, err
	}
	return kept, t.refind(r)
}

// dropAttachments deletes a request's documents, and their contents where no other request has them.
func (t *tx) dropAttachments(request int64) error {
	var blobs []string
	if err := t.db.Raw(`SELECT DISTINCT blob FROM attachments WHERE request_id = ?`, request).Scan(&blobs).Error; err != nil {
		return err
	}
	t.do(`DELETE FROM attachments WHERE request_id = ?`, request)
	for _, b := range blobs {
		t.do(`DELETE FROM blobs WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM attachments a WHERE a.blob = blobs.hash)`, b)
	}
	return nil
}
