DROP INDEX search_number_of, search_date_of, search_string_of;

ALTER TABLE search_number
  DROP CONSTRAINT search_number_pkey,
  DROP COLUMN system, DROP COLUMN code, DROP COLUMN unit,
  ADD COLUMN unit bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT search_number_pkey PRIMARY KEY (param, low, high, unit, rid);
ALTER TABLE search_number ALTER COLUMN unit DROP DEFAULT;

ALTER TABLE search_token
  DROP CONSTRAINT search_token_pkey,
  ADD CONSTRAINT search_token_pkey PRIMARY KEY (key, system, rid);
