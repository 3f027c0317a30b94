package models_test

import (
	"testing"

	"formwandel/models"
)

// "Due soon" comes three working days before the date in the morning, "overdue" when it has passed: each once.
func TestReminders(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.at("2026-12-29 06:59:50")
		st.hear(c.Number, models.MailDueSoon)
		for range 2 {
			st.at("2026-12-29 07:00:00")
			st.hear(c.Number, models.MailDueSoon, st.Agent.Email, team)
		}
		st.at("2026-12-31 23:59:50")
		st.hear(c.Number, models.MailOverdue)
		for _, day := range []string{"2027-01-01 00:00:00", "2027-01-02 07:00:00", "2027-02-01 00:00:00"} {
			st.at(day)
			st.hear(c.Number, models.MailOverdue, st.Agent.Email, team, st.Clerk.Email)
		}
		if st.times(c.Number, models.DueSoon) != 1 || st.times(c.Number, models.Overdue) != 1 {
			st.Fatal("each is said once")
		}
		if got := st.get(c.Number); got.Version != 2 || got.Status != models.InReview {
			st.Fatalf("a reminder moves nothing: %+v", got.Request)
		}
	})
}

// A deadline has passed at 24:00 of its day, not when the day begins.
func TestRemindersOfADeadline(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("by", "2026-12-15", first, "2500"))
		st.at("2026-12-10 07:00:00")
		st.hear(c.Number, models.MailDueSoon, team) // nobody has claimed it
		st.at("2026-12-15 23:59:50")
		st.hear(c.Number, models.MailOverdue)
		st.at("2026-12-16 00:00:00")
		st.hear(c.Number, models.MailOverdue, team, st.Clerk.Email)
	})
}

// Whoever files three days before the date needs no reminder of it.
func TestFiledShortly(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2026-11-25"))
		st.at("2026-11-24 23:59:50")
		st.hear(c.Number, models.MailDueSoon)
		st.at("2026-11-25 00:00:00")
		st.hear(c.Number, models.MailDueSoon)
		st.hear(c.Number, models.MailOverdue, team, st.Clerk.Email)
	})
}

// What is decided needs no reminder.
func TestDecidedNeedsNoReminder(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2027-01-01"))
		d := st.file(st.Clerk, fee("2600", "2027-01-01"))
		st.do(st.Clerk, d.Number, models.Withdraw, "")
		st.at("2026-12-29 07:00:00")
		st.at("2027-01-01 00:00:00")
		for _, n := range []string{c.Number, d.Number} {
			st.hear(n, models.MailDueSoon)
			st.hear(n, models.MailOverdue)
		}
	})
}

// An edit that leaves the date leaves the reminders; a new date is a new promise.
func TestReminderAfterAnEdit(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.at("2026-12-29 07:00:00")
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2600"))
		st.knock()
		st.hear(c.Number, models.MailDueSoon, st.Agent.Email, team)
		st.at("2027-01-01 00:00:00")
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2700"))
		st.knock()
		if st.times(c.Number, models.DueSoon) != 1 || st.times(c.Number, models.Overdue) != 1 {
			st.Fatal("the same date, said twice")
		}
		st.with(st.Agent, c.Number, models.Edit, effect("from", "2027-02-01", ""))
		st.at("2027-01-27 07:00:00")
		st.at("2027-02-01 00:00:00")
		if st.times(c.Number, models.DueSoon) != 2 || st.times(c.Number, models.Overdue) != 2 {
			st.Fatal("a new date, said again")
		}
	})
}

// Nobody is told that something is due soon, or overdue, that has just failed on its day.
func TestNoReminderAfterARebase(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2027-01-01"))
		st.applied(want("by", "2026-12-01", first, "2100"))
		st.at("2027-01-01 00:00:00")
		st.is(c.Number, models.Failed)
		st.do(st.Agent, c.Number, models.Rebase, "")
		st.knock()
		st.hear(c.Number, models.MailDueSoon)
		st.hear(c.Number, models.MailOverdue)
	})
}

// After downtime over both days only what is true now is said.
func TestRemindersAfterDowntime(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.at("2027-01-05 00:00:00")
		st.hear(c.Number, models.MailDueSoon)
		st.hear(c.Number, models.MailOverdue, team, st.Clerk.Email)
	})
}

// Silence is acceptance after ten working days, Christmas not counted.
func TestAcceptedByTime(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2026-12-21"))
		st.at("2026-12-21 00:00:00")
		if got := st.is(c.Number, models.Applied); got.AcceptBy.String() != "2027-01-06" { // 22, 23, 24, 28, 29, 30, 31, 4, 5, 6
			st.Fatal(got.AcceptBy)
		}
		if e := st.last(c.Number, models.Apply); e.AcceptBy == nil || e.AcceptBy.String() != "2027-01-06" {
			st.Fatalf("%+v", e)
		}
		st.at("2027-01-06 23:59:50")
		st.is(c.Number, models.Applied)
		st.at("2027-01-07 00:00:00")
		st.is(c.Number, models.Accepted)
		st.hear(c.Number, models.MailAccepted, st.Clerk.Email)
		if st.knock() != 0 {
			st.Fatal("once")
		}
	})
}

// Who accepts himself gets no mail about it.
func TestAcceptedByAPerson(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.Applied)
		st.do(st.Clerk2, n, models.Accept, "Passt.")
		st.hear(n, models.MailAccepted)
		st.at("2027-06-01 00:00:00")
		if st.times(n, models.Accept) != 1 {
			st.Fatal("accepted twice")
		}
	})
}
