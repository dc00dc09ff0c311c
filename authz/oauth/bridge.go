package oauth

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/ory/fosite"
)

// formBytes bounds the body of a form: the longest thing in it is a scope.
const formBytes = 64 << 10

// bridge makes the request that fosite wants. Every text in it is a copy:
// those of the web server are overwritten by the next request, and fosite
// keeps what it reads. Parameters are from the body of a POST alone, and from
// the URL of anything else; none may stand twice (RFC 6749, 3.1 and 3.2).
func bridge(c *fiber.Ctx) (*http.Request, error) {
	r := &http.Request{
		Method: strings.Clone(c.Method()),
		URL:    &url.URL{Path: strings.Clone(c.Path())},
		Header: http.Header{},
		Body:   http.NoBody,
	}
	for _, name := range []string{fiber.HeaderAuthorization, fiber.HeaderContentType, fiber.HeaderOrigin} {
		values := c.Request().Header.PeekAll(name)
		if len(values) > 1 {
			return r, fosite.ErrInvalidRequest.WithHintf("The header %s stands twice.", name)
		}
		if len(values) == 1 {
			r.Header.Set(name, string(values[0]))
		}
	}
	text := string(c.Request().URI().QueryString())
	if r.Method == http.MethodPost {
		media, _, err := mime.ParseMediaType(r.Header.Get(fiber.HeaderContentType))
		if err != nil || media != fiber.MIMEApplicationForm {
			return r, fosite.ErrInvalidRequest.WithHint("The body must be of type application/x-www-form-urlencoded.")
		}
		body, err := body(c)
		if err != nil {
			return r, err
		}
		text = string(body)
	}
	form, err := url.ParseQuery(text)
	if err != nil {
		return r, fosite.ErrInvalidRequest.WithHint("The parameters cannot be read.")
	}
	for name, values := range form {
		if len(values) > 1 && !extra[name] {
			return r, fosite.ErrInvalidRequest.WithHint("A parameter stands twice.")
		}
	}
	r.Form, r.PostForm = form, form
	return r.WithContext(c.UserContext()), nil
}

// extra are parameters that we do not use and that may stand more than once.
var extra = map[string]bool{"resource": true}

// body reads a bounded body, whether or not the app streams bodies.
func body(c *fiber.Ctx) ([]byte, error) {
	tooLong := fosite.ErrInvalidRequest.WithHint("The body is too long.")
	if stream := c.Request().BodyStream(); stream != nil {
		b, err := io.ReadAll(io.LimitReader(stream, formBytes+1))
		if err != nil {
			return nil, fosite.ErrInvalidRequest.WithHint("The body cannot be read.")
		}
		if len(b) > formBytes {
			return nil, tooLong
		}
		return b, nil
	}
	b := c.Request().Body()
	if len(b) > formBytes {
		return nil, tooLong
	}
	return bytes.Clone(b), nil
}

// sendJSON answers what must not be stored anywhere.
func sendJSON(c *fiber.Ctx, status int, v any) error {
	private(c)
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/json;charset=UTF-8")
	return c.Status(status).Send(text)
}

func private(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderPragma, "no-cache")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
}

// oauthError is the body of RFC 6749, 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// refuse answers an error of fosite without what is meant for the log.
func refuse(c *fiber.Ctx, err error) error {
	e := fosite.ErrorToRFC6749Error(err)
	if e.CodeField == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Basic realm="oauth"`)
	}
	return sendJSON(c, e.CodeField, oauthError{e.ErrorField, e.HintField})
}
