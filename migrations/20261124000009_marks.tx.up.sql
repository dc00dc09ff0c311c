-- A resource that has a date says beside it which tokens it has: two bits of
-- 63 for the key of each, as a Bloom filter. Who walks through dates in their
-- order and asks for a code besides looks into the index of tokens for those
-- alone that may have it. Rows of earlier releases have all bits.
ALTER TABLE search_date ADD COLUMN marks bigint NOT NULL DEFAULT -1;
DROP INDEX search_date_values;
CREATE INDEX search_date_values ON search_date (param, low, high, rid) INCLUDE (marks);
