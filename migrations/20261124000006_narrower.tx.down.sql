DROP INDEX resource_by_wording;
CREATE INDEX resource_by_wording ON resource (wording, rid) WHERE wording <> 0;

DROP INDEX search_date_of, search_number_of;
CREATE INDEX search_date_of ON search_date (param, rid);
CREATE INDEX search_number_of ON search_number (param, rid);

DROP INDEX search_token_values;
CREATE INDEX search_token_values ON search_token (key, rid, system);

ALTER TABLE compartment RENAME TO compartment_narrow;
CREATE TABLE compartment (
  home  uuid    NOT NULL,
  rid   bigint  NOT NULL,
  since integer NOT NULL,
  until integer,
  type  smallint NOT NULL,
  param text COLLATE "C" NOT NULL
);
INSERT INTO compartment (home, rid, since, until, type, param)
SELECT n.home, n.rid, n.since, n.until, n.type, p.name FROM compartment_narrow n JOIN compartment_param p ON p.id = n.param ORDER BY n.rid;
DROP TABLE compartment_narrow;
CREATE INDEX compartment_members ON compartment (home, type, rid);
CREATE INDEX compartment_homes ON compartment (rid);
DROP TABLE compartment_param;
