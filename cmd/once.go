package cmd

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage"
)

// duplicate is the answer to a request that was carried out before. Its code
// tells it from a race, which is a conflict too and worth trying again.
const duplicate = `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"duplicate",` +
	`"diagnostics":"a request with this idempotency key was carried out before","expression":["Idempotency-Key"]}]}`

// once carries the Idempotency-Key of a request into storage, which writes it
// down in the transaction of the change, and refuses a request whose key is
// written down already. Whoever did not see the answer to a POST can repeat
// it with the same key: it takes effect at most once. A key belongs to one
// change; a batch, whose entries are changes of their own, uses it up with
// its first.
func once(db *storage.DB) fiber.Handler {
	return func(c *fiber.Ctx) error {
		raw := c.Request().Header.Peek("Idempotency-Key")
		if len(raw) == 0 {
			return c.Next()
		}
		key := strings.Trim(string(raw), `"`)
		if key == "" || len(key) > 255 {
			return fhir.Errorf(fhir.Value, "an idempotency key has 1 to 255 characters").At("Idempotency-Key")
		}
		key = whose(authz.From(c.UserContext())) + key
		ctx := storage.Once(c.UserContext(), key)
		used, err := db.Used(ctx, key)
		if err != nil {
			return err
		}
		if used {
			c.Status(fiber.StatusConflict).Set(fiber.HeaderContentType, "application/fhir+json; charset=utf-8")
			return c.SendString(duplicate)
		}
		c.SetUserContext(ctx)
		return c.Next()
	}
}

// whose keeps the keys of different callers apart: what one has sent tells
// another nothing.
func whose(p authz.Principal) string {
	if p.Account == "" && p.Client == "" && p.Plugin == "" {
		return ""
	}
	return p.Account + "/" + p.Client + "/" + p.Plugin + "/"
}
