package cmd

import (
	"context"
	"io"
	"log/slog"
)

// Log says how much is logged and in which form. Logs carry ids, codes and
// counts; never names, dates of birth, query strings, bodies or passwords.
type Log struct {
	Level  string `help:"Least level that is logged (${enum})." enum:"debug,info,warn,error" default:"info"`
	Format string `help:"Form of the log on standard error (${enum})." enum:"json,text" default:"json"`

	Requests bool `help:"Log every request, and not only those that fail on our side. The metrics count them all in any case."`
}

func (l Log) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // checked by enum
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// requests is the log of the FHIR API.
func (l Log) requests(log *slog.Logger) *slog.Logger {
	if l.Requests {
		return log
	}
	return slog.New(atLeast{log.Handler(), slog.LevelWarn})
}

// atLeast drops what is below a level of its own.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
