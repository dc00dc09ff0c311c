ALTER TABLE search_term DROP COLUMN unused;
ALTER TABLE search_text DROP COLUMN unused;
ALTER TABLE search_wording DROP COLUMN unused;
