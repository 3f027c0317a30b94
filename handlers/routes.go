package handlers

import "github.com/gofiber/fiber/v2"

// routes is the site map: what anybody may read, what needs a sign-in, what is administration.
func (d *door) routes(app *fiber.App) {
	// for machines that watch
	app.Get("/healthz", d.healthz)
	app.Get("/readyz", d.readyz)
	app.Get("/metrics", d.showMetrics)

	// for everybody
	app.Get("/public/v1/forms/:ags/:assistant", d.publicForm)
	app.Get("/public/v1/checkpoints", d.observe, d.patience, d.costly, d.checkpoints)
	app.Get("/public/v1/checkpoints/latest", d.observe, d.patience, d.costly, d.latestCheckpoint)
	app.Get("/api/openapi.json", d.openAPI)

	app.Get("/.well-known/security.txt", d.securityText)

	// for whoever has a private link
	app.Get("/kalender/:token.ics", d.observe, d.patience, d.costly, d.calendarFeed)

	// for people with a token
	api := app.Group("/api/v1", d.observe, d.patience, d.authenticate, d.measured, d.takeIn, d.foreignFilter)
	api.Get("/me", d.me)

	api.Post("/requests", d.file)
	api.Get("/requests", d.costlySearch, d.queue)
	api.Get("/requests/:number", d.request)
	api.Patch("/requests/:number", d.edit)
	api.Get("/requests/:number/events", d.events)
	api.Get("/requests/:number/comments", d.comments)
	api.Post("/requests/:number/comments", d.comment)
	api.Get("/requests/:number/attachments", d.attachments)
	api.Post("/requests/:number/attachments", d.attach)
	api.Get("/requests/:number/attachments/:id", d.attachment)
	api.Post("/requests/:number/:action", d.act)

	api.Get("/municipalities", d.municipalities)
	api.Get("/municipalities/:ags/policy", d.policy)
	api.Put("/municipalities/:ags/policy", d.proposePolicy)
	api.Post("/municipalities/:ags/policy/agree", d.agreeToPolicy)
	api.Post("/municipalities/:ags/policy/decline", d.refusePolicy)
	api.Post("/municipalities/:ags/policy/withdraw", d.takePolicyBack)
	api.Get("/municipalities/:ags/access", d.access)
	api.Put("/municipalities/:ags/access", d.putAccess)
	api.Get("/assistants", d.assistants)
	api.Get("/assistants/:key", d.assistant)

	api.Get("/forms", d.forms)
	api.Get("/forms/:ags/:assistant", d.form)
	api.Get("/forms/:ags/:assistant/versions", d.versions)
	api.Get("/forms/:ags/:assistant/versions/:n", d.version)
	api.Get("/forms/:ags/:assistant/diff", d.diff)
	api.Get("/forms/:ags/:assistant/at/:date", d.formOn)
	api.Put("/forms/:ags/:assistant/maintenance", d.maintain)

	// administration
	api.Get("/mails", d.mails)
	api.Post("/mails/:id/retry", d.retryMail)

	d.assets(app)
	d.pages(app)
}
