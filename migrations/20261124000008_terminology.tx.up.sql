-- Tells servers when what they know of stored terminology is out of date. One row.
CREATE TABLE terminology_change (
  one        boolean CONSTRAINT terminology_change_one_row PRIMARY KEY DEFAULT true CHECK (one),
  generation bigint NOT NULL DEFAULT 1 -- goes up with every write of a CodeSystem, ValueSet or ConceptMap
);
INSERT INTO terminology_change DEFAULT VALUES;
