-- Tokens by key and resource: a bare code is an index range in the order of
-- resources, and "has this resource that code" is one probe. The system is
-- looked at last; few systems share a code.
ALTER TABLE search_token
  DROP CONSTRAINT search_token_pkey,
  ADD CONSTRAINT search_token_pkey PRIMARY KEY (key, rid, system);

-- A unit can be asked for by system and code, or by code or text alone.
ALTER TABLE search_number
  DROP CONSTRAINT search_number_pkey,
  DROP COLUMN unit,
  ADD COLUMN system integer NOT NULL, -- first 4 bytes of SHA-256 of the unit's system, 0 when the resource gives none
  ADD COLUMN code   integer NOT NULL, -- likewise of the unit's code
  ADD COLUMN unit   integer NOT NULL, -- likewise of the unit's text
  ADD CONSTRAINT search_number_pkey PRIMARY KEY (param, low, high, rid, system, code, unit);

-- The values that one resource has for a parameter: to sort by them, to test
-- them once another parameter has found the resource, and to tell that there
-- is none.
CREATE INDEX search_string_of ON search_string (param, rid);
CREATE INDEX search_date_of ON search_date (param, rid);
CREATE INDEX search_number_of ON search_number (param, rid);
