-- The index of search values. Keys are the first 8 bytes of SHA-256 over the
-- parameter and the value, so that no clinical text stands here but in
-- search_string. The rows of a resource are a set; the write path keeps them
-- so, by writing the difference of two sets.

-- Tokens by key and resource: a bare code is an index range in the order of
-- resources, and "has this resource that code" is one probe. The system is
-- looked at last; few systems share a code.
CREATE TABLE search_token (
  key    bigint  NOT NULL, -- of Type.param|code
  rid    bigint  NOT NULL,
  system integer NOT NULL  -- first 4 bytes of SHA-256(system), 0 when the resource gives none
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_token_values ON search_token (key, rid, system);

CREATE TABLE search_reference (
  key bigint NOT NULL, -- of Type.param|Target/id, or |url
  rid bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_reference_values ON search_reference (key, rid);

CREATE TABLE search_string (
  param bigint NOT NULL, -- of Type.param
  rid   bigint NOT NULL,
  exact bigint NOT NULL, -- of the text as written, for :exact
  value text COLLATE "C" NOT NULL -- folded
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_string_values ON search_string (param, value, rid);

CREATE TABLE search_date (
  param bigint      NOT NULL,
  low   timestamptz NOT NULL, -- inclusive, -infinity when open
  high  timestamptz NOT NULL, -- exclusive, infinity when open
  rid   bigint      NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_date_values ON search_date (param, low, high, rid);

-- A unit can be asked for by system and code, or by code or text alone.
CREATE TABLE search_number (
  param  bigint  NOT NULL,
  rid    bigint  NOT NULL,
  low    numeric NOT NULL, -- inclusive bounds of what the digits written can mean
  high   numeric NOT NULL,
  system integer NOT NULL, -- first 4 bytes of SHA-256 of the unit's system, 0 when the resource gives none
  code   integer NOT NULL, -- likewise of the unit's code
  unit   integer NOT NULL  -- likewise of the unit's text
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_number_values ON search_number (param, low, high, rid);

-- The values that one resource has for a parameter: to sort by them, to test
-- them once another parameter has found the resource, and to tell that there
-- is none.
CREATE INDEX search_string_of ON search_string (rid);
CREATE INDEX search_date_of ON search_date (param, rid);
CREATE INDEX search_number_of ON search_number (param, rid);
