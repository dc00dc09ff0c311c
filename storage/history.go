package storage

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// History returns versions, newest first, by keyset: the page after a
// position costs the same wherever the position is.
func (r reader) History(ctx context.Context, f engine.Fence, q engine.HistoryQuery) (engine.HistoryPage, error) {
	var page engine.HistoryPage
	a := sqlArgs{}
	fence, err := r.db.fenceWhere(f, "r", "v.version", &a)
	if err != nil {
		return page, err
	}
	from := " FROM version v JOIN resource r ON r.rid = v.rid WHERE " + fence
	if q.Key.Type != "" {
		typ, ok := r.db.types[q.Key.Type]
		if !ok {
			return page, errNotFound(q.Key)
		}
		n := a.add(typ)
		from += " AND v.type = " + n
		if q.Key.ID != "" {
			from += " AND r.type = " + n + " AND r.id = " + a.add(q.Key.ID)
		}
	}
	if !q.Since.IsZero() {
		from += " AND v.updated >= " + a.add(q.Since)
	}
	if !q.Until.IsZero() {
		from += " AND v.updated < " + a.add(q.Until)
	}
	if !q.From.IsZero() {
		from += " AND NOT EXISTS (SELECT FROM version later WHERE later.rid = v.rid AND later.version = v.version + 1 AND later.updated <= " + a.add(q.From) + ")"
	}
	counted, countedArgs := from, a.args[:len(a.args):len(a.args)]
	if q.After != "" {
		p, err := parsePosition(q.After)
		if err != nil {
			return page, err
		}
		from += " AND (v.updated, v.rid, v.version) < (" + a.add(p.updated) + ", " + a.add(p.rid) + ", " + a.add(p.version) + ")"
	}
	limit := " ORDER BY v.updated DESC, v.rid DESC, v.version DESC LIMIT " + a.add(q.Count+1)

	rows, err := r.q.Query(ctx, "SELECT v.rid, v.version, v.updated, v.method, v.blobs, v.content, r.type, r.id"+from+limit, a.args...)
	if err != nil {
		return page, fmt.Errorf("read history: %w", failure(err))
	}
	defer rows.Close()
	objects := false
	for rows.Next() {
		var row versionRow
		var typ int16
		var id string
		if err := row.scan(rows, &typ, &id); err != nil {
			return page, failure(err)
		}
		s, err := r.stored(&row, r.db.names[typ], id)
		if err != nil {
			return page, err
		}
		page.Versions = append(page.Versions, s)
		objects = objects || row.blobs > 0
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("read history: %w", failure(err))
	}
	rows.Close()
	if len(page.Versions) > q.Count {
		page.Versions = page.Versions[:q.Count]
		if q.Count > 0 {
			last := page.Versions[q.Count-1]
			page.Next = position{last.Updated, last.RID, last.Version}.String()
		}
	}
	if objects {
		if err := r.attach(ctx, page.Versions); err != nil {
			return page, err
		}
	}
	// The total of a short first page is known anyway.
	if q.After == "" && page.Next == "" && q.Count > 0 {
		n := len(page.Versions)
		page.Total = &n
	} else if q.Key.ID != "" || q.Count == 0 {
		page.Total = new(int)
		if err := r.q.QueryRow(ctx, "SELECT count(*)"+counted, countedArgs...).Scan(page.Total); err != nil {
			return page, fmt.Errorf("count history: %w", failure(err))
		}
	}
	if q.Key.ID != "" && *page.Total == 0 {
		k := sqlArgs{}
		fence, _ := r.db.fenceWhere(f, "r", "", &k)
		var there bool
		err := r.q.QueryRow(ctx, "SELECT EXISTS (SELECT FROM resource r WHERE "+fence+" AND r.type = "+k.add(r.db.types[q.Key.Type])+" AND r.id = "+k.add(q.Key.ID)+")", k.args...).Scan(&there)
		if err != nil {
			return page, fmt.Errorf("read history: %w", failure(err))
		}
		if !there {
			return page, errNotFound(q.Key)
		}
	}
	return page, nil
}

// position is where a page of history ends.
type position struct {
	updated time.Time
	rid     int64
	version int
}

func (p position) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d.%d.%d", p.updated.UnixMicro(), p.rid, p.version)))
}

func parsePosition(s string) (position, error) {
	bad := fhir.Errorf(fhir.Value, "the page link is not one that this server gave out").At("_cursor")
	raw, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.Split(string(raw), ".")
	if err != nil || len(parts) != 3 {
		return position{}, bad
	}
	micros, err1 := strconv.ParseInt(parts[0], 10, 64)
	rid, err2 := strconv.ParseInt(parts[1], 10, 64)
	version, err3 := strconv.Atoi(parts[2])
	if errors.Join(err1, err2, err3) != nil {
		return position{}, bad
	}
	return position{time.UnixMicro(micros).UTC(), rid, version}, nil
}
