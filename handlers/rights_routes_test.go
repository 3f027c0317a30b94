package handlers_test

import "formwandel/models"

// entry is a route in the table of rights.
type entry struct {
	right  models.Right // "": whoever is signed in
	door   models.Right // a right that is asked for before anybody looks at the object; "": none
	object string       // whose it is: "" nobody's in particular, "town" a municipality's, "house" the provider's, "person" that of whom the account belongs to
	body   string       // JSON, a form's values, or "file": what would be taken, but for a version nobody has seen
	query  string       // beside the address
	public bool         // asks nobody who they are
	rules  bool         // the workflow's rules may refuse further: state, assignee, four eyes
	leads  bool         // who may not is led to the request itself
	skip   string       // why it is not tried by those signed in
}

// any right that everybody who is signed in has.
const anyone models.Right = ""

// stale is the version that nobody has seen: what is allowed is refused by it and changes nothing.
const stale = "version=99999"

// steps stand for the routes that take a step: one cell for each.
var steps = []models.Action{
	models.Submit, models.Claim, models.Assign, models.Ask, models.Answer, models.Approve, models.Reject, models.Reopen,
	models.Apply, models.Rebase, models.Withdraw, models.Accept, models.Revert,
}

// routeRights says for every route of the program what it takes. A route that is not here fails the test.
var routeRights = map[string]entry{
	// for machines that watch, and for everybody
	"GET /healthz":                         {public: true},
	"GET /readyz":                          {public: true},
	"GET /metrics":                         {public: true},
	"GET /public/v1/forms/:ags/:assistant": {public: true},
	"GET /api/openapi.json":                {public: true},
	"GET /kalender/:token.ics":             {public: true},
	"GET /anmelden":                        {public: true},
	"POST /anmelden":                       {public: true, body: "email=&password="},
	"GET /anmelden/mit/:provider":          {public: true},
	"GET /anmelden/mit/:provider/zurueck":  {public: true},
	"POST /anmelden/passkey":               {public: true},
	"POST /anmelden/passkey/frage":         {public: true},
	"GET /anmelden/vergessen":              {public: true},
	"POST /anmelden/vergessen":             {public: true, body: "email="},
	"GET /zugang/:secret":                  {public: true},
	"GET /zugang":                          {public: true},
	"POST /zugang":                         {public: true},
	"GET /public/v1/checkpoints":           {public: true},
	"GET /public/v1/checkpoints/latest":    {public: true},
	"POST /abmelden":                       {public: true, skip: "it would end the session"},
	"POST /ansicht":                        {public: true, body: "sprache=de"},
	"GET /hilfe":                           {public: true},
	"GET /hilfe/:topic":                    {public: true},
	"GET /impressum":                       {public: true},
	"GET /datenschutz":                     {public: true},
	"GET /barrierefreiheit":                {public: true},
	"GET /.well-known/security.txt":        {public: true},

	// for people with a token
	"GET /api/v1/me":                                   {right: anyone},
	"POST /api/v1/requests":                            {right: models.FileRequests, object: "own", door: models.FileRequests, body: `{"form":":ags/:assistant","effective":{"kind":"from","date":"1999-01-01"}}`},
	"GET /api/v1/requests":                             {right: models.SeeRequests},
	"GET /api/v1/requests/:number":                     {right: models.SeeRequests, object: "town"},
	"PATCH /api/v1/requests/:number":                   {right: models.StepRight(models.Edit), object: "town", body: `{"version":99999}`, rules: true},
	"GET /api/v1/requests/:number/events":              {right: models.SeeRequests, object: "town"},
	"GET /api/v1/requests/:number/comments":            {right: models.SeeRequests, object: "town"},
	"POST /api/v1/requests/:number/comments":           {right: models.CommentRequests, object: "town", body: `{"text":""}`},
	"GET /api/v1/requests/:number/attachments":         {right: models.SeeRequests, object: "town"},
	"POST /api/v1/requests/:number/attachments":        {right: models.AttachFiles, object: "town", body: "file"},
	"GET /api/v1/requests/:number/attachments/:id":     {right: models.SeeRequests, object: "town"},
	"POST /api/v1/requests/:number/:action":            {right: "step", object: "town", body: `{"version":99999}`, rules: true},
	"GET /api/v1/municipalities":                       {right: models.SeeForms},
	"POST /api/v1/municipalities/:ags/policy/agree":    {right: models.AgreePolicy, object: "town", rules: true, body: `{"version":99999}`},
	"POST /api/v1/municipalities/:ags/policy/decline":  {right: models.AgreePolicy, object: "town", rules: true, body: `{"version":99999}`},
	"POST /api/v1/municipalities/:ags/policy/withdraw": {right: models.ChangePolicy, object: "town", body: `{"version":99999}`},
	"GET /freigaberegeln/:ags":                         {right: models.SeePolicy, object: "town"},
	"POST /freigaberegeln/:ags/zustimmen":              {right: models.AgreePolicy, object: "town", rules: true, body: stale},
	"POST /freigaberegeln/:ags/ablehnen":               {right: models.AgreePolicy, object: "town", rules: true, body: stale},
	"POST /freigaberegeln/:ags/zurueckziehen":          {right: models.ChangePolicy, object: "town", body: stale},
	"GET /api/v1/municipalities/:ags/policy":           {right: models.SeePolicy, object: "town"},
	"PUT /api/v1/municipalities/:ags/policy":           {right: models.ChangePolicy, object: "town", body: `{"version":99999,"policy":{}}`},
	"GET /api/v1/municipalities/:ags/access":           {right: models.SeeAccess, object: "town"},
	"PUT /api/v1/municipalities/:ags/access":           {right: models.GrantAccess, object: "town", body: `{"kind":"profile","granted": true,"number": 99999}`},
	"GET /api/v1/assistants":                           {right: models.SeeForms},
	"GET /api/v1/assistants/:key":                      {right: models.SeeForms, object: "all"},
	"GET /api/v1/forms":                                {right: models.SeeForms},
	"GET /api/v1/forms/:ags/:assistant":                {right: models.SeeForms, object: "town"},
	"GET /api/v1/forms/:ags/:assistant/versions":       {right: models.SeeForms, object: "town"},
	"GET /api/v1/forms/:ags/:assistant/versions/:n":    {right: models.SeeForms, object: "town"},
	"GET /api/v1/forms/:ags/:assistant/diff":           {right: models.SeeForms, object: "town", query: "from=1&to=1"},
	"GET /api/v1/forms/:ags/:assistant/at/:date":       {right: models.SeeForms, object: "town"},
	"PUT /api/v1/forms/:ags/:assistant/maintenance":    {right: models.SwitchMaintenance, object: "town", body: `{"on": false}`},
	"GET /api/v1/mails":                                {right: models.SeeOutbox},
	"POST /api/v1/mails/:id/retry":                     {right: models.RetryMails, object: "house"},

	// a town hall's first page, filing
	"GET /":                                         {right: anyone},
	"GET /auftraege/neu":                            {right: models.FileRequests},
	"GET /auftraege/neu/:assistant":                 {right: models.FileRequests, object: "all", door: models.FileRequests},
	"POST /auftraege/neu/:assistant":                {right: models.FileRequests, object: "all", door: models.FileRequests},
	"GET /auftraege/hinweis":                        {right: models.SeeForms, object: "town", query: "form=:ags/:assistant&feld=kontakt.ansprechstelle&wert=x"},
	"GET /auftraege/:number/bearbeiten/abschnitte":  {right: models.StepRight(models.Edit), object: "town", rules: true, leads: true},
	"POST /auftraege/:number/bearbeiten/abschnitte": {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"GET /auftraege/:number/bearbeiten/felder":      {right: models.StepRight(models.Edit), object: "town", rules: true, leads: true},
	"POST /auftraege/:number/bearbeiten/felder":     {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"GET /auftraege/:number/bearbeiten/wann":        {right: models.StepRight(models.Edit), object: "town", rules: true, leads: true},
	"POST /auftraege/:number/bearbeiten/wann":       {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"GET /auftraege/:number/bearbeiten/anlagen":     {right: models.StepRight(models.Edit), object: "town", rules: true, leads: true},
	"POST /auftraege/:number/bearbeiten/anlagen":    {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"GET /auftraege/:number/bearbeiten/pruefen":     {right: models.StepRight(models.Edit), object: "town", rules: true, leads: true},
	"POST /auftraege/:number/bearbeiten/pruefen":    {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"POST /auftraege/:number/bearbeiten/merken":     {right: models.StepRight(models.Edit), object: "town", rules: true, body: "seite=felder&version=1"},
	"POST /auftraege/:number/bearbeiten/verwerfen":  {right: models.StepRight(models.Edit), object: "town", rules: true, body: stale},
	"GET /auftraege/:number/eingereicht":            {right: models.SeeRequests, object: "town"},

	// a request, the queue
	"GET /auftraege/:number":                  {right: models.SeeRequests, object: "town"},
	"GET /auftraege/:number/aenderungen":      {right: models.SeeRequests, object: "town"},
	"GET /auftraege/:number/verlauf":          {right: models.SeeRequests, object: "town"},
	"GET /auftraege/:number/akte":             {right: models.SeeRequests, object: "town"},
	"GET /auftraege/:number/schritt/:action":  {right: "step", object: "town", rules: true},
	"POST /auftraege/:number/schritt/:action": {right: "step", object: "town", rules: true, body: stale},
	"POST /auftraege/:number/kommentar":       {right: models.CommentRequests, object: "town", body: "text="},
	"POST /auftraege/:number/anlagen":         {right: models.AttachFiles, object: "town", body: "file"},
	"GET /auftraege/:number/anlagen/:id":      {right: models.SeeRequests, object: "town"},
	"GET /auftraege":                          {right: models.SeeRequests},
	"POST /auftraege/auswahl":                 {right: models.StepRight(models.Claim), body: "tun=uebernehmen"},
	"POST /auftraege/ansichten":               {right: anyone, body: "name=&zurueck=sort%3Ddue"},
	"POST /auftraege/:number/da":              {right: models.SeeRequests, object: "town"},

	// forms, calendar, figures
	"GET /formulare":                              {right: models.SeeForms},
	"GET /formulare/:ags/:assistant":              {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/am":           {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/fassungen":    {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/fassungen/:n": {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/vergleich":    {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/feld/:key":    {right: models.SeeForms, object: "town"},
	"GET /formulare/:ags/:assistant/wartung":      {right: models.SwitchMaintenance, object: "town"},
	"POST /formulare/:ags/:assistant/wartung":     {right: models.SwitchMaintenance, object: "town", body: "version=99999&an=ja"},
	"GET /kalender":                               {right: models.SeeRequests},
	"GET /kalender/liste":                         {right: models.SeeRequests},
	"POST /kalender/abo":                          {right: anyone},
	"POST /kalender/abo/loeschen":                 {right: anyone},
	"GET /zahlen":                                 {right: models.SeeFigures},
	"GET /zahlen.csv":                             {right: models.SeeFigures},

	// one's own account
	"GET /anmelden/zweiter-faktor":                          {right: anyone},
	"POST /anmelden/zweiter-faktor":                         {right: anyone},
	"POST /anmelden/zweiter-faktor/frage":                   {right: anyone},
	"POST /konto/bestaetigen/frage":                         {right: anyone},
	"GET /konto":                                            {right: anyone},
	"GET /konto/kennwort":                                   {right: anyone},
	"POST /konto/kennwort":                                  {right: anyone},
	"GET /konto/adresse":                                    {right: anyone},
	"POST /konto/adresse":                                   {right: anyone},
	"GET /konto/bestaetigen/:form":                          {right: anyone, object: "self"},
	"GET /konto/bestaetigen/:form/mit/:provider":            {right: anyone, object: "self"},
	"POST /konto/adresse/ablehnen":                          {right: anyone},
	"POST /konto/sitzungen/beenden":                         {right: anyone},
	"POST /konto/sitzungen/:session/beenden":                {right: anyone},
	"GET /konto/zweiter-faktor":                             {right: anyone},
	"GET /konto/zweiter-faktor/app":                         {right: anyone},
	"GET /konto/zweiter-faktor/app/bild.png":                {right: anyone, object: "self"},
	"POST /konto/zweiter-faktor/app/beginnen":               {right: anyone},
	"POST /konto/zweiter-faktor/app":                        {right: anyone},
	"POST /konto/zweiter-faktor/app/entfernen":              {right: anyone},
	"GET /konto/zweiter-faktor/passkey":                     {right: anyone},
	"POST /konto/zweiter-faktor/passkey/frage":              {right: anyone},
	"POST /konto/zweiter-faktor/passkey":                    {right: anyone},
	"POST /konto/zweiter-faktor/passkey/:passkey/entfernen": {right: anyone},
	"GET /konto/notfallcodes":                               {right: anyone},
	"POST /konto/notfallcodes":                              {right: anyone},
	"POST /verwaltung/personen/:id/adresse":                 {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale + "&email=kein"},
	"POST /verwaltung/personen/:id/adresse/ablehnen":        {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"POST /verwaltung/personen/:id/faktoren":                {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"GET /verwaltung/sicherheitsprotokoll":                  {right: models.SeeSecurity, door: models.EnterDesk},
	"GET /verwaltung/sicherheitsprotokoll.csv":              {right: models.SeeSecurity, door: models.EnterDesk},
	"GET /verwaltung/protokoll/pruefpunkte":                 {right: models.CheckTrail},
	"GET /verwaltung/protokoll/pruefpunkte/:n.txt":          {right: models.CheckTrail, object: "self", door: models.EnterHouse},
	"GET /verwaltung/protokoll/schluessel.pem":              {right: models.CheckTrail},
	"GET /verwaltung/sicherheit":                            {right: models.SeeFactorRoles},
	"POST /verwaltung/sicherheit":                           {right: models.SetFactorRoles},
	"GET /auftraege/:number/beleg":                          {right: models.SeeRequests, object: "town"},

	// one's own data
	"GET /konto/daten":       {right: anyone},
	"GET /konto/daten/datei": {right: anyone},

	// one's own tokens
	"GET /konto/tokens":                 {right: models.OwnTokens},
	"POST /konto/tokens":                {right: models.OwnTokens, body: "name=&days=0"},
	"POST /konto/tokens/:id/widerrufen": {right: models.OwnTokens, object: "self"},

	// administration
	"POST /verwaltung/personen/:id/zugaenge/:zugang/widerrufen": {right: models.EndTokens, object: "person", door: models.EnterDesk},
	"GET /verwaltung":                            {right: models.EnterDesk},
	"GET /verwaltung/personen":                   {right: models.SeePeople},
	"POST /verwaltung/personen":                  {right: models.ChangePeople, object: "chosen", door: models.EnterDesk, body: "kommune=:ags&email=kein"},
	"POST /verwaltung/personen/suche":            {right: models.SeePeople, door: models.EnterDesk, body: "email="},
	"GET /verwaltung/personen/:id/vergessen":     {right: models.ChangePeople, object: "person", door: models.EnterDesk},
	"POST /verwaltung/personen/:id/vergessen":    {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale + "&sicher=ja"},
	"GET /verwaltung/personen/neu":               {right: models.ChangePeople, door: models.EnterDesk},
	"GET /verwaltung/personen/:id":               {right: models.SeePeople, object: "person", door: models.EnterDesk},
	"POST /verwaltung/personen/:id":              {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale + "&name=X&sprache=de&rollen=clerk"},
	"POST /verwaltung/personen/:id/kennwort":     {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"POST /verwaltung/personen/:id/trennen":      {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"POST /verwaltung/personen/:id/abschalten":   {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"POST /verwaltung/personen/:id/anschalten":   {right: models.ChangePeople, object: "person", door: models.EnterDesk, body: stale},
	"GET /verwaltung/freigaben":                  {right: models.EnterDesk},
	"GET /verwaltung/freigaben/:ags":             {right: models.SeePolicy, object: "town", door: models.EnterDesk},
	"POST /verwaltung/freigaben/:ags":            {right: models.ChangePolicy, object: "town", door: models.EnterDesk, body: stale + "&jede-zahl=1"},
	"GET /verwaltung/freigaben/:ags/:assistant":  {right: models.ChangePolicy, object: "town", door: models.EnterDesk},
	"POST /verwaltung/freigaben/:ags/:assistant": {right: models.ChangePolicy, object: "town", door: models.EnterDesk, body: stale},
	"GET /verwaltung/protokoll":                  {right: models.SeeTrail, door: models.EnterDesk},
	"POST /verwaltung/protokoll":                 {right: models.SeeTrail, door: models.EnterDesk},
	"GET /verwaltung/kommunen/:ags":              {right: models.SeeProfile, object: "town"},
	"POST /verwaltung/kommunen/:ags":             {right: models.ChangeProfile, object: "town", body: stale},

	"GET /verwaltung/rechtevergabe":       {right: models.EnterDesk},
	"GET /verwaltung/rechtevergabe/:ags":  {right: models.SeeAccess, object: "town"},
	"POST /verwaltung/rechtevergabe/:ags": {right: models.GrantAccess, object: "town", body: "art=profile&tun=erteilen&gesehen=99999"},

	// the provider's
	"POST /verwaltung/protokoll/pruefung":                         {right: models.CheckTrail},
	"GET /verwaltung/protokoll/enden.txt":                         {right: models.CheckTrail},
	"GET /verwaltung/kommunen":                                    {right: models.EnterHouse},
	"GET /verwaltung/kommunen/einlesen":                           {right: models.ImportTowns},
	"POST /verwaltung/kommunen/einlesen":                          {right: models.ImportTowns},
	"POST /verwaltung/kommunen/einlesen/tun":                      {right: models.ImportTowns},
	"GET /verwaltung/postausgang":                                 {right: models.SeeOutbox},
	"GET /verwaltung/postausgang/vorlagen":                        {right: models.EnterHouse},
	"GET /verwaltung/postausgang/vorlagen/:kind/:role/:lang":      {right: models.EnterHouse},
	"GET /verwaltung/postausgang/vorlagen/:kind/:role/:lang/html": {right: models.EnterHouse},
	"GET /verwaltung/postausgang/:id":                             {right: models.SeeOutbox, object: "house", door: models.EnterHouse},
	"GET /verwaltung/postausgang/:id/html":                        {right: models.SeeOutbox, object: "house", door: models.EnterHouse},
	"POST /verwaltung/postausgang/:id/erneut":                     {right: models.RetryMails, object: "house", door: models.EnterHouse},
	"GET /verwaltung/assistenten":                                 {right: models.EnterHouse},
	"GET /verwaltung/assistenten/pruefen":                         {right: models.ImportAssistants},
	"POST /verwaltung/assistenten/pruefen":                        {right: models.ImportAssistants},
	"POST /verwaltung/assistenten/einlesen":                       {right: models.ImportAssistants},
	"GET /verwaltung/assistenten/:key":                            {right: models.EnterHouse, object: "all", door: models.EnterHouse},
	"GET /verwaltung/assistenten/:key/vergleich":                  {query: "von=1&bis=1", right: models.EnterHouse, object: "all", door: models.EnterHouse},
	"GET /verwaltung/aufbewahrung":                                {right: models.SeeRetention, door: models.EnterHouse},
	"POST /verwaltung/aufbewahrung":                               {right: models.SetRetention, door: models.EnterHouse, body: "drafts=0"},
	"GET /verwaltung/einstellungen":                               {right: models.SeeSettings},
}
