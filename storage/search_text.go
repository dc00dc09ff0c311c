package storage

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// textRow is a text that some resource has.
type textRow struct {
	key, param int64
	typ        int16
	text       string
}

func compareTexts(a, b textRow) int { return cmp.Compare(a.key, b.key) }

// textKey is the number of a text of a parameter.
func textKey(typ string, t search.Text) int64 {
	return search.Hash(typ, ".", t.Param, ":text|", t.Text)
}

const (
	insertTexts = `INSERT INTO search_text (key, type, param, value, words)
SELECT key, type, param, value, to_tsvector('simple', text)
  FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::text[]) AS w (key, type, param, value, text)
    ON CONFLICT (key) DO UPDATE SET unused = NULL WHERE search_text.unused IS NOT NULL`
	insertWordings = `INSERT INTO search_wording (key, wording) SELECT unnest($1::bigint[]), unnest($2::bigint[])
    ON CONFLICT (key, wording) DO UPDATE SET unused = NULL WHERE search_wording.unused IS NOT NULL`
)

// wording notes the texts of a resource and returns the number of their set, 0
// for none.
func (b *indexBatch) wording(typ int16, name string, list []search.Text) int64 {
	if len(list) == 0 {
		return 0
	}
	texts := make([]textRow, len(list))
	for i, t := range list {
		texts[i] = textRow{textKey(name, t), paramKey(name, t.Param), typ, t.Text}
	}
	slices.SortFunc(texts, compareTexts)
	texts = slices.CompactFunc(texts, func(a, b textRow) bool { return a.key == b.key })
	keys := make([]byte, 0, 8*len(texts))
	for _, t := range texts {
		keys = binary.BigEndian.AppendUint64(keys, uint64(t.key))
	}
	number := cmp.Or(search.Hash("wording ", string(keys)), 1)
	if b.wordings == nil {
		b.wordings = map[int64][]textRow{}
	}
	b.wordings[number] = texts
	return number
}

// queueWordings adds the sets of texts that are not known to be there, and
// their texts, and tells which.
func (b *indexBatch) queueWordings(batch *pgx.Batch, db *DB) (fresh []dictionaryKey) {
	var texts []textRow
	var keys, wordings []int64
	for number, list := range b.wordings {
		key := dictionaryKey{key: number}
		if db.wordings.has(key) {
			continue
		}
		fresh, texts = append(fresh, key), append(texts, list...)
		for _, t := range list {
			keys, wordings = append(keys, t.key), append(wordings, number)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	slices.SortFunc(texts, compareTexts)
	texts = slices.CompactFunc(texts, func(a, b textRow) bool { return a.key == b.key })
	batch.Queue(insertTexts,
		column(texts, func(r textRow) int64 { return r.key }),
		column(texts, func(r textRow) int16 { return r.typ }),
		column(texts, func(r textRow) int64 { return r.param }),
		column(texts, func(r textRow) string { return indexed(r.text) }),
		column(texts, func(r textRow) string { return plain(r.text) }))
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(keys[i], keys[j]), cmp.Compare(wordings[i], wordings[j]))
	})
	batch.Queue(insertWordings, column(order, func(i int) int64 { return keys[i] }), column(order, func(i int) int64 { return wordings[i] }))
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
	texts := "SELECT w.key FROM search_text w WHERE " + which
	if m.alias == s.driving() {
		m.from = "(" + texts + " OFFSET 0) w CROSS JOIN LATERAL (SELECT g.wording FROM search_wording g WHERE g.key = w.key OFFSET 0) g" +
			" CROSS JOIN LATERAL (SELECT h.rid FROM resource h WHERE h.wording = g.wording AND h.wording <> 0 OFFSET 0) " + m.alias
		m.where = "true"
		return
	}
	m.from = "resource " + m.alias
	m.where = "EXISTS (SELECT FROM search_wording g CROSS JOIN LATERAL (" + texts + " AND w.key = g.key OFFSET 0) w WHERE g.wording = " + m.alias + ".wording OFFSET 0)"
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
