DROP INDEX search_date_values;
ALTER TABLE search_date DROP COLUMN marks;
CREATE INDEX search_date_values ON search_date (param, low, high, rid);
