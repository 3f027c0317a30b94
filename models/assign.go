package models

// assign gives a request to an agent; nobody has to write to themselves.
func (st *step) assign() error {
	r, to := st.r, st.in.Assignee
	if r.AssigneeID != nil && *r.AssigneeID == to {
		return conflict("already_assignee")
	}
	var fit bool
	err := st.tx.db.Raw(`SELECT EXISTS (SELECT 1 FROM users u JOIN user_roles x ON x.user_id = u.id WHERE u.id = ? AND u.ags IS NULL AND u.active AND x.role = ?)`, to, Agent).Row().Scan(&fit)
	if err != nil {
		return err
	}
	if !fit {
		return invalid("assignee", "not_an_agent")
	}
	if r.AssigneeID != nil {
		st.data.Former = *r.AssigneeID
	}
	r.AssigneeID, st.data.Assignee = &to, to
	if to == st.actor.ID {
		st.rule.mail = ""
	}
	return nil
}
