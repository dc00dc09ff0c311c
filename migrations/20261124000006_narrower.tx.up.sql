-- Search parameters by number, so that the rows of compartments stay narrow.
-- Filled by the server from the definitions; numbers are never reused.
CREATE TABLE compartment_param (
  id   smallint GENERATED ALWAYS AS IDENTITY CONSTRAINT compartment_param_pkey PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT compartment_param_named_once UNIQUE -- '' for the compartment's own resource
);
INSERT INTO compartment_param (name) SELECT DISTINCT param FROM compartment ORDER BY 1;

-- As before, with the number of the parameter. The index by home is for fences;
-- it holds a home once for all its members, in no order. A search for members
-- finds them, in order, by their references to the compartment's resource.
ALTER TABLE compartment RENAME TO compartment_wide;
CREATE TABLE compartment (
  home  uuid     NOT NULL, -- the first 16 bytes of SHA-256("Type/id")
  rid   bigint   NOT NULL,
  since integer  NOT NULL, -- the first version that is a member
  until integer,           -- the version that is none any more; null if the head is a member
  type  smallint NOT NULL,
  param smallint NOT NULL  -- the search parameter that makes it a member, see compartment_param
);
INSERT INTO compartment (home, rid, since, until, type, param)
SELECT w.home, w.rid, w.since, w.until, w.type, p.id FROM compartment_wide w JOIN compartment_param p ON p.name = w.param ORDER BY w.rid;
DROP TABLE compartment_wide;
CREATE INDEX compartment_members ON compartment (home);
CREATE INDEX compartment_homes ON compartment (rid);

-- The index has no system: few codes have two. Without it an entry is as wide
-- as Postgres takes for one of a group that grows at its end, and it splits
-- pages so that they stay full.
DROP INDEX search_token_values;
CREATE INDEX search_token_values ON search_token (key, rid);

-- A resource has few dates and numbers: the parameter need not be in the index.
DROP INDEX search_date_of, search_number_of;
CREATE INDEX search_date_of ON search_date (rid);
CREATE INDEX search_number_of ON search_number (rid);

-- Thousands share a wording, so that the index holds it once for all of them.
DROP INDEX resource_by_wording;
CREATE INDEX resource_by_wording ON resource (wording) WHERE wording <> 0;
