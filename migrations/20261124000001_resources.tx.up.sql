-- Resource types by number, so that rows and indexes stay narrow. Filled by
-- the server from the definitions; numbers are never reused.
CREATE TABLE resource_type (
  id   smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT resource_type_named_once UNIQUE
);

-- Internal numbers of resources. A server takes them in blocks, so that a
-- create knows its number before it speaks to the database.
CREATE SEQUENCE resource_rid INCREMENT BY 1024 START WITH 1024;

-- One row per resource ever created: where its head stands. The bytes live in
-- version; an update here is a small HOT update.
CREATE TABLE resource (
  rid     bigint      NOT NULL CONSTRAINT resource_pkey PRIMARY KEY,
  updated timestamptz NOT NULL,               -- of the head, millisecond precision
  key     bigint      NOT NULL,               -- first 8 bytes of SHA-256("Type/id"), by which references are followed
  shape   bigint      NOT NULL,               -- which search parameters have a value, see search_shape
  wording bigint      NOT NULL DEFAULT 0,     -- which human texts it has, see search_wording; 0 for none
  version integer     NOT NULL,               -- number of the head
  type    smallint    NOT NULL,
  deleted boolean     NOT NULL DEFAULT false, -- the head is a deletion
  id      text COLLATE "C" NOT NULL,
  CONSTRAINT resource_one_per_identity UNIQUE (type, id)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX resource_by_key ON resource (key);
CREATE INDEX resource_by_wording ON resource (wording, rid) WHERE wording <> 0;

-- Every version of every resource, append-only: the record. The primary key
-- is what keeps history without twins when two writers race.
CREATE TABLE version (
  rid     bigint      NOT NULL,
  updated timestamptz NOT NULL,
  version integer     NOT NULL,
  type    smallint    NOT NULL,
  method  smallint    NOT NULL, -- 1 POST, 2 PUT, 3 PATCH, 4 DELETE
  blobs   smallint    NOT NULL DEFAULT 0, -- how many parts of the content are kept as objects
  content bytea,                -- the resource, encoded as its first byte says; null for a deletion
  CONSTRAINT version_no_twin PRIMARY KEY (rid, version)
);
-- Already compressed by the server where that pays.
ALTER TABLE version ALTER COLUMN content SET STORAGE EXTERNAL;
-- History of a type and of the system, newest first. Versions of one change
-- have one time, so that the entries of large changes fold into one.
CREATE INDEX version_by_type ON version (type, updated);
CREATE INDEX version_by_time ON version (updated);

-- Membership in compartments, by exactly the parameters that
-- CompartmentDefinition names. home is the first 16 bytes of
-- SHA-256("Type/id"). A row holds for the versions from since up to, not
-- including, until; the head's rows have no until.
CREATE TABLE compartment (
  home  uuid    NOT NULL,
  rid   bigint  NOT NULL,
  since integer NOT NULL,
  until integer,
  type  smallint NOT NULL,
  param text COLLATE "C" NOT NULL -- the search parameter that makes it a member, '' for the compartment's own resource
);
CREATE INDEX compartment_members ON compartment (home, type, rid);
CREATE INDEX compartment_homes ON compartment (rid);

-- Bytes outside the database, by their own SHA-256.
CREATE TABLE object (
  sha256  bytea       NOT NULL CONSTRAINT object_pkey PRIMARY KEY,
  size    bigint      NOT NULL,
  chunks  bytea       NOT NULL, -- SHA-256 of each 256 KiB, one after the other
  created timestamptz NOT NULL DEFAULT now()
);
-- Which part of which version is kept as an object: the base64 text of the
-- object belongs between the quotes at the offset.
CREATE TABLE version_object (
  rid      bigint  NOT NULL,
  version  integer NOT NULL,
  position integer NOT NULL, -- byte offset in the content
  sha256   bytea   NOT NULL REFERENCES object,
  CONSTRAINT version_object_pkey PRIMARY KEY (rid, version, position)
);
CREATE INDEX version_object_by_object ON version_object (sha256);
