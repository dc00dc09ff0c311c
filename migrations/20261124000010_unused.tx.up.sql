-- Since when a row of a dictionary is seen to be no resource's, null while one
-- has it. A sweep notes it, and removes what has been so for a day; whoever
-- writes the row anew meanwhile makes it null again.
ALTER TABLE search_term ADD COLUMN unused timestamptz;
ALTER TABLE search_text ADD COLUMN unused timestamptz;
ALTER TABLE search_wording ADD COLUMN unused timestamptz;
