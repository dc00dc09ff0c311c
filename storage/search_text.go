package storage

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// textRow is a text that some resource has. Which one has it is a row of
// search_token with the same key.
type textRow struct {
	key, param int64
	typ, text  string
}

func compareTexts(a, b textRow) int { return cmp.Compare(a.key, b.key) }

// textKey is the number of a text of a parameter.
func textKey(typ string, t search.Text) int64 {
	return search.Hash(typ, ".", t.Param, ":text|", t.Text)
}

const insertTexts = `INSERT INTO search_text (key, type, param, value, words)
SELECT key, type, param, value, to_tsvector('simple', text)
  FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::text[]) AS w (key, type, param, value, text) ON CONFLICT DO NOTHING`

// queueTexts adds the texts that are not known to be there, and tells which.
func queueTexts(batch *pgx.Batch, db *DB, list []textRow) (fresh []dictionaryKey) {
	list = set(list, compareTexts)
	var missing []textRow
	for _, t := range list {
		if key := (dictionaryKey{key: t.key}); !db.texts.has(key) {
			missing, fresh = append(missing, t), append(fresh, key)
		}
	}
	if len(missing) > 0 {
		batch.Queue(insertTexts,
			column(missing, func(r textRow) int64 { return r.key }),
			column(missing, func(r textRow) int16 { return db.types[r.typ] }),
			column(missing, func(r textRow) int64 { return r.param }),
			column(missing, func(r textRow) string { return indexed(r.text) }),
			column(missing, func(r textRow) string { return plain(r.text) }))
	}
	return fresh
}

// text is the SQL twin of fhir/search/text.go: :text of a token compares the
// beginning of a concept's text; _text and _content look for words.
func (s *statement) text(m *matcher, f search.Filter) {
	var which string
	switch {
	case f.Modifier == "text":
		which = s.param(f, "w") + " AND " + s.any(f.Values, "w.value >= {start} AND w.value < {end}", beginning...)
	case f.Param.Narrative():
		which = s.param(f, "w") + " AND w.words @@ " + s.words(f.Values)
	default:
		types := make([]string, len(f.Params))
		for i, p := range f.Params {
			types[i] = p.On
		}
		which = s.oneOf("w.type", s.db.typeNumbers(types), "smallint") + " AND w.words @@ " + s.words(f.Values)
	}
	if m.alias == s.driving() {
		m.from = "(SELECT w.key FROM search_text w WHERE " + which + " OFFSET 0) w CROSS JOIN LATERAL (SELECT k.rid FROM search_token k WHERE k.key = w.key OFFSET 0) " + m.alias
		m.where = "true"
		return
	}
	m.from = "search_token " + m.alias
	m.where = "EXISTS (SELECT FROM search_text w WHERE w.key = " + m.alias + ".key AND " + which + " OFFSET 0)"
}

// words is the query of Postgres for any one of several words or phrases.
func (s *statement) words(operands []search.Operand) string {
	list := make([]string, len(operands))
	for i, o := range operands {
		list[i] = "phraseto_tsquery('simple', " + s.add(plain(o.String)) + "::text)"
	}
	return "(" + strings.Join(list, " || ") + ")"
}

// plain is a folded text without symbols, so that Postgres, which sees tags,
// entities, signs and addresses in texts, sees nothing but words.
func plain(folded string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSymbol(r) {
			return ' '
		}
		return r
	}, folded)
}
