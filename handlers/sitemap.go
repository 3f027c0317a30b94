package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// pages is the site map for people with a browser.
func (d *door) pages(app *fiber.App) {
	// for everybody
	open := site{app, []fiber.Handler{d.observe, d.patience, d.web, d.ours}}
	open.get("/anmelden", d.signInPage)
	open.post("/anmelden", d.signIn)
	open.post("/anmelden/passkey", d.signInByPasskey)
	open.post("/anmelden/passkey/frage", d.askAnyPasskey)
	open.get("/anmelden/mit/:provider", d.leaveToSignIn)
	open.get("/anmelden/mit/:provider/zurueck", d.comeBack)
	open.post("/abmelden", d.signOut)
	open.get("/anmelden/vergessen", d.resetPage)
	open.post("/anmelden/vergessen", d.sendReset)
	open.get("/zugang/:secret", d.openLink)
	open.get("/zugang", d.linkPage)
	open.post("/zugang", d.useLink)
	open.post("/ansicht", d.setView)
	open.get("/hilfe", d.text("hilfe"))
	open.get("/hilfe/:topic", d.help)
	open.get("/impressum", d.text("impressum"))
	open.get("/datenschutz", d.text("datenschutz"))
	open.get("/barrierefreiheit", d.text("barrierefreiheit"))

	d.entrancePages(open)

	// for whoever is signed in
	in := open.behind(d.signedIn).behind(d.foreignFilter)
	in.get("/", d.start)
	in.get("/konto/kennwort", d.ownPasswordPage)
	in.post("/konto/kennwort", d.changeOwnPassword)
	in.get("/konto/adresse", d.ownAddressPage)
	in.post("/konto/adresse", d.changeOwnAddress)
	in.post("/konto/adresse/ablehnen", d.stopOwnAddress)
	in.get("/konto/daten", d.ownDataPage)
	in.behind(d.export).get("/konto/daten/datei", d.ownDataFile)
	d.filingPages(in)
	d.requestPages(in)
	d.formPages(in)
	d.accountPages(in)
	d.tokenPages(in)
	d.deskPages(in.behind(d.deskOnly))
	in.get("/freigaberegeln/:ags", d.policyPage) // also of those who agree and do not administer
	in.post("/freigaberegeln/:ags/zustimmen", d.confirmed(d.agreePolicy))
	in.post("/freigaberegeln/:ags/ablehnen", d.declinePolicy)
	in.post("/freigaberegeln/:ags/zurueckziehen", d.withdrawPolicy)
	in.get("/verwaltung/kommunen/:ags", d.town) // also the team's, under a grant
	in.post("/verwaltung/kommunen/:ags", d.confirmedIf(d.movesOffice, d.setTown))
	in.get("/verwaltung/rechtevergabe/:ags", d.accessPage) // also the team's, to look at
	in.post("/verwaltung/rechtevergabe/:ags", d.confirmed(d.setAccess))
}

// entrancePages are for whoever has shown the password and owes a second factor, or has to set one up.
func (d *door) entrancePages(open site) {
	half := open.behind(d.halfIn)
	half.get(secondPath, d.secondPage)
	half.post(secondPath, d.showSecond)
	half.post(secondPath+"/frage", d.askPasskey)

	up := open.behind(d.setsUp)
	up.post("/konto/bestaetigen/frage", d.askPasskey)
	up.get("/konto/bestaetigen/:form", d.parkedPage)
	up.get("/konto/bestaetigen/:form/mit/:provider", d.leaveToConfirm)
	up.get("/konto/zweiter-faktor", d.factorsPage)
	up.get("/konto/zweiter-faktor/app", d.totpPage)
	up.get("/konto/zweiter-faktor/app/bild.png", d.totpImage)
	up.post("/konto/zweiter-faktor/app/beginnen", d.confirmedFully(d.beginTOTP))
	up.post("/konto/zweiter-faktor/app", d.confirmedFully(d.confirmTOTP))
	up.get("/konto/zweiter-faktor/passkey", d.passkeyPage)
	up.post("/konto/zweiter-faktor/passkey/frage", d.askNewPasskey)
	up.post("/konto/zweiter-faktor/passkey", d.confirmedFully(d.addPasskey))
}

// accountPages are a person's own account.
func (d *door) accountPages(in site) {
	in.get("/konto", d.accountPage)
	in.post("/konto/sitzungen/beenden", d.endOtherSessions)
	in.post("/konto/sitzungen/:session/beenden", d.endSession)
	in.post("/konto/zweiter-faktor/app/entfernen", d.confirmedFully(d.removeTOTP))
	in.post("/konto/zweiter-faktor/passkey/:passkey/entfernen", d.confirmedFully(d.removePasskey))
	in.get("/konto/notfallcodes", d.codesPage)
	in.post("/konto/notfallcodes", d.confirmedFully(d.newCodes))
}

// filingPages are the ways to ask for a change, and to edit what was asked for.
func (d *door) filingPages(in site) {
	in.get("/auftraege/neu", d.pickForm)
	in.get("/auftraege/neu/:assistant", d.pickSections)
	in.post("/auftraege/neu/:assistant", d.fileDraft)
	in.get("/auftraege/hinweis", d.hint)
	const edit = "/auftraege/:number/bearbeiten/"
	in.get(edit+sectionsStep, d.onDesk(sectionsStep, d.sectionsPage))
	in.post(edit+sectionsStep, d.onDesk(sectionsStep, d.saveSections))
	in.get(edit+fieldsStep, d.onDesk(fieldsStep, d.fieldsPage))
	in.post(edit+fieldsStep, d.onDesk(fieldsStep, d.saveFields))
	in.get(edit+whenStep, d.onDesk(whenStep, d.whenPage))
	in.post(edit+whenStep, d.onDesk(whenStep, d.saveWhen))
	in.get(edit+filesStep, d.onDesk(filesStep, d.filesPage))
	in.post(edit+filesStep, d.onDesk(filesStep, d.attachFile))
	in.get(edit+checkStep, d.onDesk(checkStep, d.checkPage))
	in.post(edit+checkStep, d.onDesk(checkStep, d.submit))
	in.post(edit+"merken", d.remember)
	in.post(edit+"verwerfen", d.onDesk(fieldsStep, d.discard))
	in.get("/auftraege/:number/eingereicht", d.sentPage)
}

// requestPages are the queue, and a request with its steps.
func (d *door) requestPages(in site) {
	long := in.behind(d.costly)
	in.get("/auftraege/:number", d.requestPage)
	in.get("/auftraege/:number/aenderungen", d.changesPage)
	in.get("/auftraege/:number/verlauf", d.historyPage)
	long.get("/auftraege/:number/akte", d.caseFile)
	long.get("/auftraege/:number/beleg", d.receipt)
	in.get("/auftraege/:number/schritt/:action", d.stepPage)
	in.post("/auftraege/:number/schritt/:action", d.confirmedIf(seriousStep, d.takeStep))
	in.post("/auftraege/:number/kommentar", d.addComment)
	in.post("/auftraege/:number/anlagen", d.enclose)
	in.get("/auftraege/:number/anlagen/:id", d.attachment)

	// the queue
	in.behind(d.costlySearch).get("/auftraege", d.queuePage)
	in.post("/auftraege/auswahl", d.confirmedIf(seriousWork, d.workOnMany))
	in.post("/auftraege/ansichten", d.saveView)
	in.post("/auftraege/:number/da", d.look)
}

// formPages are forms with their versions, the calendar, the figures.
func (d *door) formPages(in site) {
	long := in.behind(d.costly)
	in.get("/formulare", d.formsPage)
	in.get("/formulare/:ags/:assistant", d.formPage)
	in.get("/formulare/:ags/:assistant/am", d.formDayPage)
	in.get("/formulare/:ags/:assistant/fassungen", d.versionsPage)
	in.get("/formulare/:ags/:assistant/fassungen/:n", d.versionPage)
	in.get("/formulare/:ags/:assistant/vergleich", d.comparePage)
	in.get("/formulare/:ags/:assistant/feld/:key", d.fieldPage)
	in.get("/formulare/:ags/:assistant/wartung", d.maintainPage)
	in.post("/formulare/:ags/:assistant/wartung", d.switchMaintenance)

	// calendar
	long.get("/kalender", d.calendarPage)
	long.get("/kalender/liste", d.calendarList)
	in.post("/kalender/abo", d.linkCalendar)
	in.post("/kalender/abo/loeschen", d.unlinkCalendar)

	// figures
	long.get("/zahlen", d.figures)
	in.behind(d.export).get("/zahlen.csv", d.figuresFile)
}

// tokenPages are one's own API tokens.
func (d *door) tokenPages(in site) {
	in.get("/konto/tokens", d.tokens)
	in.post("/konto/tokens", d.confirmed(d.makeToken))
	in.post("/konto/tokens/:id/widerrufen", d.endToken)
}

// deskPages are the administration: of a municipality's own house, and of the provider's.
func (d *door) deskPages(desk site) {
	desk.get("/verwaltung", d.deskHome)
	desk.get("/verwaltung/personen", d.people)
	desk.post("/verwaltung/personen", d.confirmed(d.addPerson))
	desk.post("/verwaltung/personen/suche", d.findPerson)
	desk.get("/verwaltung/personen/neu", d.personNewPage)
	desk.get("/verwaltung/personen/:id", d.personPage)
	desk.post("/verwaltung/personen/:id", d.confirmed(d.changePerson))
	desk.post("/verwaltung/personen/:id/kennwort", d.confirmed(d.sendLink))
	desk.post("/verwaltung/personen/:id/adresse", d.confirmed(d.changeAddress))
	desk.post("/verwaltung/personen/:id/adresse/ablehnen", d.stopAddress)
	desk.post("/verwaltung/personen/:id/abschalten", d.confirmed(d.switchPerson(false)))
	desk.post("/verwaltung/personen/:id/anschalten", d.confirmed(d.switchPerson(true)))
	desk.post("/verwaltung/personen/:id/faktoren", d.confirmed(d.resetFactors))
	desk.post("/verwaltung/personen/:id/zugaenge/:zugang/widerrufen", d.endTheirToken)
	desk.get("/verwaltung/personen/:id/vergessen", d.forgetPage)
	desk.post("/verwaltung/personen/:id/vergessen", d.confirmed(d.forgetPerson))
	desk.post("/verwaltung/personen/:id/trennen", d.confirmed(d.unlinkPerson))
	desk.get("/verwaltung/freigaben", d.policies)
	desk.get("/verwaltung/freigaben/:ags", d.policyPage)
	desk.post("/verwaltung/freigaben/:ags", d.confirmed(d.setEvery))
	desk.get("/verwaltung/freigaben/:ags/:assistant", d.policyFormPage)
	desk.post("/verwaltung/freigaben/:ags/:assistant", d.confirmed(d.setPolicyForm))
	desk.get("/verwaltung/protokoll", d.trail)
	desk.get("/verwaltung/sicherheitsprotokoll", d.securityLog)
	desk.behind(d.export).get("/verwaltung/sicherheitsprotokoll.csv", d.securityFile)
	desk.get("/verwaltung/rechtevergabe", d.accessHome)
	desk.post("/verwaltung/protokoll", d.narrowTrail)
	d.housePages(desk.behind(d.houseOnly))
}

// housePages are the administration of the provider.
func (d *door) housePages(house site) {
	house.behind(d.costly).post("/verwaltung/protokoll/pruefung", d.checkTrail)
	house.behind(d.export).get("/verwaltung/protokoll/enden.txt", d.heads)
	house.get("/verwaltung/protokoll/pruefpunkte", d.checkpointsPage)
	house.get("/verwaltung/protokoll/pruefpunkte/:n.txt", d.checkpointText)
	house.get("/verwaltung/protokoll/schluessel.pem", d.signingKeys)
	house.get("/verwaltung/kommunen", d.towns)
	register := house.behind(d.only(models.ImportTowns))
	register.get("/verwaltung/kommunen/einlesen", d.townImportPage)
	register.post("/verwaltung/kommunen/einlesen", d.forecastTowns)
	register.post("/verwaltung/kommunen/einlesen/tun", d.importTowns)
	house.get("/verwaltung/postausgang", d.outbox)
	house.get("/verwaltung/postausgang/vorlagen", d.mailSamples)
	house.get("/verwaltung/postausgang/vorlagen/:kind/:role/:lang", d.mailSample)
	house.get("/verwaltung/postausgang/vorlagen/:kind/:role/:lang/html", d.mailSampleHTML)
	house.get("/verwaltung/postausgang/:id", d.mailPage)
	house.get("/verwaltung/postausgang/:id/html", d.mailHTML)
	house.post("/verwaltung/postausgang/:id/erneut", d.mailAgain)
	house.get("/verwaltung/assistenten", d.assistantsPage)
	questionnaires := house.behind(d.only(models.ImportAssistants))
	questionnaires.get("/verwaltung/assistenten/pruefen", d.assistantImportPage)
	questionnaires.post("/verwaltung/assistenten/pruefen", d.forecastAssistant)
	questionnaires.post("/verwaltung/assistenten/einlesen", d.confirmed(d.importAssistant)) // it says how many approve each section
	house.get("/verwaltung/assistenten/:key", d.assistantPage)
	house.get("/verwaltung/assistenten/:key/vergleich", d.questionnaireDiff)
	house.get("/verwaltung/einstellungen", d.settingsPage)
	house.get("/verwaltung/sicherheit", d.factorRolesPage)
	house.post("/verwaltung/sicherheit", d.confirmed(d.requireFactor))
	house.get("/verwaltung/aufbewahrung", d.retentionPage)
	house.post("/verwaltung/aufbewahrung", d.confirmed(d.setRetention))
}

// site is a part of the map whose pages are behind the same handlers. It is no
// group: a group's handlers would also run for addresses that are nobody's.
type site struct {
	app    *fiber.App
	before []fiber.Handler
}

// behind is the part of the map that is behind one more handler.
func (s site) behind(h fiber.Handler) site {
	return site{s.app, append(slices.Clone(s.before), h)}
}

func (s site) get(path string, h fiber.Handler) {
	s.app.Get(path, append(slices.Clone(s.before), h)...)
}
func (s site) post(path string, h fiber.Handler) {
	s.app.Post(path, append(slices.Clone(s.before), h)...)
}
