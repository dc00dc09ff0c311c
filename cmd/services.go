package cmd

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// Data says where everything is that the server keeps by itself.
type Data struct {
	Dir string `name:"data" help:"Directory of everything the server keeps itself." default:"./data" placeholder:"DIR" type:"path"`
}

// Services are the addresses of the services that somebody configured. An
// empty one is started, or kept in the data directory, by the programme
// itself. They come from the environment and never from flags, because every
// user of a machine can read the command lines of all programs.
type Services struct {
	Database string        // what pgx accepts: a URL; host, user and so on may come from PG* variables
	Redis    string        // redis://
	S3       blob.S3Config // in use when Endpoint is set
	Keys     blob.Keys     // what binaries are sealed under; none keeps them as they are
}

// LogValue keeps the passwords inside out of every log.
func (s Services) LogValue() slog.Value {
	where := func(configured bool) string {
		if configured {
			return "configured"
		}
		return "own"
	}
	return slog.GroupValue(
		slog.String("database", where(s.Database != "")),
		slog.String("redis", where(s.Redis != "")),
		slog.String("objects", where(s.S3.Endpoint != "")),
		slog.Bool("sealed", len(s.Keys) > 0))
}

// services reads the addresses from the environment. The errors name
// variables and never quote values.
func services(get getenv) (Services, error) {
	s := Services{Redis: get("REDIS_URL")}
	var err error
	if s.Database, err = databaseURL(get); err != nil {
		return s, err
	}
	if s.Redis != "" {
		if u, err := url.Parse(s.Redis); err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") {
			return s, fmt.Errorf("REDIS_URL is not a redis:// or rediss:// address")
		}
	}
	if s.S3, err = s3Config(get); err != nil {
		return s, err
	}
	s.Keys, err = binaryKeys(get)
	return s, err
}

// binaryKeys reads the keys of the binaries from a variable or a file.
func binaryKeys(get getenv) (blob.Keys, error) {
	text, file := get("BINARY_KEYS"), get("BINARY_KEYS_FILE")
	switch {
	case text != "" && file != "":
		return nil, fmt.Errorf("BINARY_KEYS and BINARY_KEYS_FILE are both set: one of them is enough")
	case file != "":
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("BINARY_KEYS_FILE: %w", err)
		}
		text = string(content)
	case text == "":
		return nil, nil
	}
	return blob.ParseKeys(text)
}

// databaseURL is "" when no database is configured. DATABASE_URL decides;
// without it any of DATABASE_HOST, _PORT, _NAME, _USER, _PASSWORD, or a PG*
// variable that names a server or a database, means that there is one.
// PGUSER or PGPASSWORD alone do not: they often stand in a person's profile.
func databaseURL(get getenv) (string, error) {
	if raw := get("DATABASE_URL"); raw != "" {
		u, err := url.Parse(raw)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return "", fmt.Errorf("DATABASE_URL is not a postgres:// address")
		}
		return raw, nil
	}
	own := get.any("DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD")
	if !own && !get.any("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE") {
		return "", nil
	}
	u := url.URL{Scheme: "postgres", Path: "/" + get("DATABASE_NAME")}
	q := url.Values{}
	if user, password := get("DATABASE_USER"), get("DATABASE_PASSWORD"); user != "" || password != "" {
		if user == "" {
			user = get("PGUSER")
		}
		if u.User = url.User(user); password != "" {
			u.User = url.UserPassword(user, password)
		}
	}
	if host := get("DATABASE_HOST"); host != "" {
		q.Set("host", host)
	}
	if port := get("DATABASE_PORT"); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", fmt.Errorf("DATABASE_PORT is not a port number")
		}
		q.Set("port", port)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func s3Config(get getenv) (blob.S3Config, error) {
	c := blob.S3Config{
		Endpoint:  get("S3_ENDPOINT"),
		Bucket:    get("S3_BUCKET"),
		AccessKey: get("S3_ACCESS_KEY"),
		SecretKey: get("S3_SECRET_KEY"),
		Region:    get("S3_REGION"),
	}
	if c.Endpoint == "" {
		if get.any("S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION", "S3_TLS") {
			return c, fmt.Errorf("S3_ENDPOINT is missing although other S3_ variables are set")
		}
		return c, nil
	}
	if c.Bucket == "" {
		return c, fmt.Errorf("S3_BUCKET is missing although S3_ENDPOINT is set")
	}
	if raw := get("S3_TLS"); raw != "" {
		tls, err := strconv.ParseBool(raw)
		if err != nil {
			return c, fmt.Errorf("S3_TLS is neither true nor false")
		}
		c.TLS = tls
	}
	return c, nil
}
