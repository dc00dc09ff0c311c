-- The index of search values. Keys are the first 8 bytes of SHA-256 over the
-- parameter and the value, so that no clinical text stands here but in
-- search_string, search_term and search_text. The rows of a resource are a
-- set; the write path keeps them so, by writing the difference of two sets.

-- Tokens by key and resource: a bare code is an index range in the order of
-- resources, and "has this resource that code" is one probe. The system is
-- looked at last; few systems share a code. An identifier whose type is coded
-- has a row for the type too, with the system of the type.
CREATE TABLE search_token (
  key    bigint  NOT NULL, -- of Type.param|code, or of Type.param:of-type|code|value
  rid    bigint  NOT NULL,
  system integer NOT NULL  -- first 4 bytes of SHA-256(system), 0 when the resource gives none
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_token_values ON search_token (key, rid, system);

-- A reference can be followed both ways: with the number of its parameter,
-- key gives the number of what it points at, which for a resource is
-- resource.key.
CREATE TABLE search_reference (
  key bigint NOT NULL, -- of Type.param, XOR that of Target/id or of the url
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
CREATE INDEX search_token_of ON search_token (rid);
CREATE INDEX search_reference_of ON search_reference (rid);

-- What the keys of tokens and of urls stand for, each once however many
-- resources have it: for sorting, for "any code of this system", and for urls
-- above and below another. And which units a quantity comes in: a search is
-- converted into each of them that measures the same.
CREATE TABLE search_term (
  key    bigint  NOT NULL, -- as in search_token or search_reference; of a unit: of Type.param|code
  system integer NOT NULL, -- as in search_token, 0 for a url; of a unit: first 4 bytes of SHA-256 of what it measures
  param  bigint  NOT NULL, -- of Type.param
  value  text COLLATE "C" NOT NULL, -- the code as it is compared, url or unit, its first 200 characters
  CONSTRAINT search_term_pkey PRIMARY KEY (key, system)
);
CREATE INDEX search_term_values ON search_term (param, system, value);

-- Human text, each once however many resources have it: the texts of concepts
-- for :text, narrative for _text, and everything for _content.
CREATE TABLE search_text (
  key   bigint   NOT NULL CONSTRAINT search_text_pkey PRIMARY KEY,
  param bigint   NOT NULL, -- of Type.param, Type._text or Type._content
  type  smallint NOT NULL,
  value text COLLATE "C" NOT NULL, -- folded, its first 200 characters
  words tsvector NOT NULL
);
CREATE INDEX search_text_values ON search_text (param, value);
CREATE INDEX search_text_words ON search_text USING gin (words);

-- The sets of texts that resources have: most have the texts of thousands of
-- others, "heart rate" and "vital signs", so that one number in resource says
-- which.
CREATE TABLE search_wording (
  key     bigint NOT NULL, -- of search_text
  wording bigint NOT NULL, -- of the sorted keys
  CONSTRAINT search_wording_pkey PRIMARY KEY (key, wording)
);
CREATE INDEX search_wording_texts ON search_wording (wording, key);

-- The sets of search parameters for which resources of a type have a value.
-- Few sets are many resources': :missing looks a resource's up here.
CREATE TABLE search_shape (
  shape  bigint   NOT NULL CONSTRAINT search_shape_pkey PRIMARY KEY, -- of the type and the sorted parameters
  type   smallint NOT NULL,
  params bigint[] NOT NULL -- of Type.param
);
