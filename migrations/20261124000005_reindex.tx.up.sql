-- What the index of search values is made of, and how far it is. One row.
CREATE TABLE search_index (
  one        boolean CONSTRAINT search_index_one_row PRIMARY KEY DEFAULT true CHECK (one),
  generation integer NOT NULL DEFAULT 1, -- goes up with every write of a SearchParameter
  format     integer NOT NULL DEFAULT 0  -- of the release by whose rules all is indexed, or is being indexed now
);
INSERT INTO search_index DEFAULT VALUES;

-- How far the index of a resource type is. A type without a row is complete
-- as R4 defines it, and has no parameters that were added.
CREATE TABLE reindex (
  type     smallint NOT NULL CONSTRAINT reindex_one_per_type PRIMARY KEY,
  goal     bigint[] NOT NULL DEFAULT '{}', -- fingerprints of the added parameters that the run makes complete
  complete bigint[] NOT NULL DEFAULT '{}', -- those for which the index is complete
  params   bigint[] NOT NULL DEFAULT '{}', -- keys of all parameters that were ever added, so that their rows can be found
  whole    boolean  NOT NULL DEFAULT false, -- until the run ends nothing is complete, not even R4's parameters
  thorough boolean  NOT NULL DEFAULT false, -- the run looks for rows of every parameter, not only of those that were added
  wanted   boolean  NOT NULL DEFAULT true, -- a run is under way, or must begin
  position text COLLATE "C" NOT NULL DEFAULT '', -- id of the last resource that was committed; '' to begin
  done     bigint   NOT NULL DEFAULT 0,
  total    bigint   NOT NULL DEFAULT 0, -- when the run began
  started  timestamptz,
  finished timestamptz
);
