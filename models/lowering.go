package models

import "formwandel/models/definition"

// refuseLowered refuses a questionnaire with which a section would need fewer
// approvals than before, in either lane: one person at a page is too few for that.
// A section that had gone meanwhile is held against what it was last.
func (t *tx) refuseLowered(d *definition.Definition) error {
	var versions []int
	if err := t.db.Raw(`SELECT version FROM definitions WHERE assistant = ? ORDER BY version DESC`, d.Key).Scan(&versions).Error; err != nil {
		return err
	}
	was := map[string]definition.Approval{}
	for _, v := range versions {
		if err := t.s.learn(t.ctx, d.Key, v); err != nil {
			return err
		}
		cat, err := t.s.catalogueNow(t.ctx)
		if err != nil {
			return err
		}
		for _, s := range cat.definition(d.Key, v).Sections {
			if _, newer := was[s.Key]; !newer {
				was[s.Key] = s.Approval
			}
		}
	}
	var f findings
	for _, s := range d.Sections {
		known := was[s.Key]
		if s.Approval.Municipality < known.Municipality {
			f.add("sections."+s.Key+".approval.municipality", "approvals_lowered_municipality", "section", s.Title, "was", known.Municipality, "now", s.Approval.Municipality)
		}
		if s.Approval.Provider < known.Provider {
			f.add("sections."+s.Key+".approval.provider", "approvals_lowered_provider", "section", s.Title, "was", known.Provider, "now", s.Approval.Provider)
		}
	}
	return f.err()
}
