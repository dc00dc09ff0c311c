package raw

// Schema is made anew in a scratch database. The JSON is compressed by lz4
// where it is large, which is the cheapest that Postgres itself has to offer.
const Schema = `
CREATE SEQUENCE rids INCREMENT BY 1024 START WITH 1024;
CREATE TABLE resource (
  rid bigint PRIMARY KEY, updated timestamptz NOT NULL, version integer NOT NULL, type smallint NOT NULL,
  deleted boolean NOT NULL DEFAULT false, id text COLLATE "C" NOT NULL, UNIQUE (type, id)
) WITH (fillfactor = 90);
CREATE TABLE version (
  rid bigint NOT NULL, updated timestamptz NOT NULL, version integer NOT NULL, type smallint NOT NULL,
  method smallint NOT NULL, content text, PRIMARY KEY (rid, version)
);
CREATE TABLE token     (key bigint NOT NULL, rid bigint NOT NULL, system integer NOT NULL, PRIMARY KEY (key, system, rid));
CREATE TABLE reference (key bigint NOT NULL, rid bigint NOT NULL, PRIMARY KEY (key, rid));
CREATE TABLE string    (param bigint NOT NULL, rid bigint NOT NULL, value text COLLATE "C" NOT NULL, PRIMARY KEY (param, value, rid));
CREATE TABLE date      (param bigint NOT NULL, low timestamptz NOT NULL, high timestamptz NOT NULL, rid bigint NOT NULL, PRIMARY KEY (param, low, high, rid));
CREATE TABLE number    (param bigint NOT NULL, rid bigint NOT NULL, unit bigint NOT NULL, value float8 NOT NULL, PRIMARY KEY (param, value, unit, rid));
CREATE TABLE blob      (rid bigint NOT NULL, version integer NOT NULL, content bytea NOT NULL, PRIMARY KEY (rid, version));
ALTER TABLE blob ALTER COLUMN content SET STORAGE EXTERNAL;
`

// lz4 is tried and may fail: a Postgres can be built without it.
const lz4 = `ALTER TABLE version ALTER COLUMN content SET COMPRESSION lz4`

// The statements. All take arrays, so that one resource and a hundred are the
// same text, prepared once per connection.
const (
	insert = `
WITH head AS (INSERT INTO resource (rid, updated, version, type, id)
  SELECT rid, $1, 1, type, id FROM unnest($2::bigint[], $3::smallint[], $4::text[]) AS r (rid, type, id)),
body AS (INSERT INTO version (rid, updated, version, type, method, content)
  SELECT rid, $1, 1, type, 1, content FROM unnest($2::bigint[], $3::smallint[], $5::text[]) AS r (rid, type, content)),
tokens AS (INSERT INTO token (key, system, rid) SELECT * FROM unnest($6::bigint[], $7::integer[], $8::bigint[])),
refs AS (INSERT INTO reference (key, rid) SELECT * FROM unnest($9::bigint[], $10::bigint[])),
strings AS (INSERT INTO string (param, value, rid) SELECT * FROM unnest($11::bigint[], $12::text[], $13::bigint[])),
dates AS (INSERT INTO date (param, low, high, rid) SELECT * FROM unnest($14::bigint[], $15::timestamptz[], $16::timestamptz[], $17::bigint[]))
INSERT INTO number (param, unit, value, rid) SELECT * FROM unnest($18::bigint[], $19::bigint[], $20::float8[], $21::bigint[])`

	// A replacement of one resource: the head moves on, a version is
	// appended, index rows that went are removed and new ones added. All of
	// it hangs on the head: where somebody was faster, nothing happens. The
	// rows that go are found by the number given, not by the head's, so that
	// their index is entered by all its columns.
	replace = `
WITH head AS (UPDATE resource SET updated = $1, version = version + 1, deleted = $4 WHERE rid = $2 AND version = $3
  RETURNING rid, version, type),
body AS (INSERT INTO version (rid, updated, version, type, method, content)
  SELECT rid, $1, version, type, $5, $6 FROM head RETURNING version),
oldtokens AS (DELETE FROM token t USING unnest($7::bigint[], $8::integer[]) AS o (key, system)
  WHERE t.key = o.key AND t.system = o.system AND t.rid = $2 AND EXISTS (SELECT FROM head)),
oldrefs AS (DELETE FROM reference t USING unnest($9::bigint[]) AS o (key) WHERE t.key = o.key AND t.rid = $2 AND EXISTS (SELECT FROM head)),
oldstrings AS (DELETE FROM string t USING unnest($10::bigint[], $11::text[]) AS o (param, value)
  WHERE t.param = o.param AND t.value = o.value AND t.rid = $2 AND EXISTS (SELECT FROM head)),
olddates AS (DELETE FROM date t USING unnest($12::bigint[], $13::timestamptz[], $14::timestamptz[]) AS o (param, low, high)
  WHERE t.param = o.param AND t.low = o.low AND t.high = o.high AND t.rid = $2 AND EXISTS (SELECT FROM head)),
oldnumbers AS (DELETE FROM number t USING unnest($15::bigint[], $16::bigint[], $17::float8[]) AS o (param, unit, value)
  WHERE t.param = o.param AND t.unit = o.unit AND t.value = o.value AND t.rid = $2 AND EXISTS (SELECT FROM head)),
tokens AS (INSERT INTO token (key, system, rid) SELECT key, system, h.rid FROM head h, unnest($18::bigint[], $19::integer[]) AS n (key, system)),
refs AS (INSERT INTO reference (key, rid) SELECT key, h.rid FROM head h, unnest($20::bigint[]) AS n (key)),
strings AS (INSERT INTO string (param, value, rid) SELECT param, value, h.rid FROM head h, unnest($21::bigint[], $22::text[]) AS n (param, value)),
dates AS (INSERT INTO date (param, low, high, rid)
  SELECT param, low, high, h.rid FROM head h, unnest($23::bigint[], $24::timestamptz[], $25::timestamptz[]) AS n (param, low, high)),
numbers AS (INSERT INTO number (param, unit, value, rid)
  SELECT param, unit, value, h.rid FROM head h, unnest($26::bigint[], $27::bigint[], $28::float8[]) AS n (param, unit, value))
SELECT version FROM body`

	read = `
SELECT v.content FROM resource r JOIN version v ON v.rid = r.rid AND v.version = r.version
WHERE r.type = $1 AND r.id = $2 AND NOT r.deleted`

	history = `
SELECT v.version, v.updated, v.method, v.content FROM resource r JOIN version v ON v.rid = r.rid
WHERE r.type = $1 AND r.id = $2 ORDER BY v.version DESC LIMIT 20`

	insertBlob = `
WITH head AS (INSERT INTO resource (rid, updated, version, type, id) VALUES ($2, $1, 1, $3, $4)),
body AS (INSERT INTO version (rid, updated, version, type, method, content) VALUES ($2, $1, 1, $3, 1, $5))
INSERT INTO blob (rid, version, content) VALUES ($2, 1, $6)`

	replaceBlob = `
WITH head AS (UPDATE resource SET updated = $1, version = version + 1 WHERE rid = $2 AND version = $3
  RETURNING rid, version, type),
body AS (INSERT INTO version (rid, updated, version, type, method, content)
  SELECT rid, $1, version, type, 2, $4 FROM head)
INSERT INTO blob (rid, version, content) SELECT rid, version, $5 FROM head RETURNING version`

	readBlob = `
SELECT b.content FROM resource r JOIN blob b ON b.rid = r.rid AND b.version = r.version
WHERE r.type = $1 AND r.id = $2 AND NOT r.deleted`

	// $3 counts from one, as substring does.
	readRange = `
SELECT substring(b.content FROM $3::integer FOR $4::integer) FROM resource r JOIN blob b ON b.rid = r.rid AND b.version = r.version
WHERE r.type = $1 AND r.id = $2 AND NOT r.deleted`
)
