package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// publicCheckpoint is a checkpoint as anybody may read it: without the lines of
// the chains, which would show how much each municipality does.
type publicCheckpoint struct {
	Number    int64     `json:"number"`
	At        time.Time `json:"at"`
	Chains    int       `json:"chains"`
	Digest    string    `json:"digest"`
	Previous  string    `json:"previous"`
	Key       string    `json:"key"`
	Signature string    `json:"signature"`
	Statement string    `json:"statement"`
}

// publicKey is a public key that checkpoints are signed with.
type publicKey struct {
	ID    string     `json:"id"`
	PEM   string     `json:"pem"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until"`
}

// checkpointsShown is how many checkpoints a page or an answer holds.
const checkpointsShown = 50

// checkpoints lists the checkpoints and keys for anybody, newest first.
func (d *door) checkpoints(c *fiber.Ctx) error {
	before, err := queryNumber(c, "before")
	if err != nil {
		return err
	}
	cs, err := d.Store.Checkpoints(c.UserContext(), before, checkpointsShown+1)
	if err != nil {
		return err
	}
	keys, err := d.Store.SigningKeys(c.UserContext())
	if err != nil {
		return err
	}
	out := struct {
		Items []publicCheckpoint `json:"items"`
		Keys  []publicKey        `json:"keys"`
		Next  *int64             `json:"next"`
	}{[]publicCheckpoint{}, []publicKey{}, nil}
	if len(cs) > checkpointsShown {
		cs, out.Next = cs[:checkpointsShown], &cs[checkpointsShown-1].Number
	}
	for _, x := range cs {
		out.Items = append(out.Items, publicCheckpoint{x.Number, x.At, x.Chains, x.Digest, x.Previous, x.Key, x.Signature, x.Statement()})
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, publicKey{k.ID, k.PEM(), k.CreatedAt, k.RetiredAt})
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return unchanged(c, "application/json; charset=utf-8", body)
}

// latestCheckpoint sends the newest statement with its signature, as it was signed.
func (d *door) latestCheckpoint(c *fiber.Ctx) error {
	cs, err := d.Store.Checkpoints(c.UserContext(), 0, 1)
	if err != nil {
		return err
	}
	if len(cs) == 0 {
		return &models.Error{Kind: models.NotFound, Code: "checkpoint"}
	}
	return unchanged(c, "text/plain; charset=utf-8", []byte(cs[0].Short()))
}

// unchanged answers with a body, or says that it is the one that the caller has.
func unchanged(c *fiber.Ctx, kind string, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "public, max-age=60")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(body)
}

const checkpointsPath = trailPath + "/pruefpunkte"

// checkpointsPage shows the checkpoints and keys.
func (d *door) checkpointsPage(c *fiber.Ctx) error {
	before, err := queryNumber(c, "vor")
	if err != nil {
		return err
	}
	p := &templates.CheckpointsPage{Desk: d.desk(c, say(c, "web.record.checkpoints"), crumb(c, trailPath, "web.admin.trail")), Path: checkpointsPath}
	if p.Checkpoints, err = d.Store.Checkpoints(c.UserContext(), before, checkpointsShown+1); err != nil {
		return err
	}
	if len(p.Checkpoints) > checkpointsShown {
		p.Checkpoints = p.Checkpoints[:checkpointsShown]
		p.Next = checkpointsPath + "?vor=" + strconv.FormatInt(p.Checkpoints[checkpointsShown-1].Number, 10)
	}
	if before > 0 {
		p.First = checkpointsPath
	}
	if p.Keys, err = d.Store.SigningKeys(c.UserContext()); err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// checkpointText sends a checkpoint with the lines of all chains.
func (d *door) checkpointText(c *fiber.Ctx) error {
	n, err := strconv.ParseInt(c.Params("n"), 10, 64)
	if err != nil || n <= 0 {
		return &models.Error{Kind: models.NotFound, Code: "checkpoint"}
	}
	cp, err := d.Store.CheckpointNumbered(c.UserContext(), n)
	if err != nil {
		return err
	}
	return download(c, "formwandel-pruefpunkt-"+strconv.FormatInt(n, 10)+".txt", "text/plain; charset=utf-8", []byte(cp.Text()))
}

// signingKeys sends the public keys as openssl reads them, the one in use first.
func (d *door) signingKeys(c *fiber.Ctx) error {
	keys, err := d.Store.SigningKeys(c.UserContext())
	if err != nil {
		return err
	}
	text := ""
	for _, k := range keys {
		text += k.PEM()
	}
	return download(c, "formwandel-schluessel.pem", "application/x-pem-file", []byte(text))
}

// download answers with a file to keep.
func download(c *fiber.Ctx, name, kind string, body []byte) error {
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(body)
}

// receipt sends what the record says of a request, signed.
func (d *door) receipt(c *fiber.Ctx) error {
	r, err := d.Store.Receipt(c.UserContext(), user(c), d.Data, c.Params("number"))
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	d.taken(c, "receipt "+r.Number)
	return download(c, "beleg-"+r.Number+".json", "application/json; charset=utf-8", append(body, '\n'))
}
