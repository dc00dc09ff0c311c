-- What is on record of accesses, see docs/decisions/0026-audit.md.

-- Events as they come, some in each row: written by the transaction of what
-- they are about, or together for accesses that came at the same time. They
-- stay until the sequencer has given them their numbers.
CREATE TABLE audit_pending (
  number  bigint GENERATED ALWAYS AS IDENTITY (CACHE 32) CONSTRAINT audit_pending_pkey PRIMARY KEY, -- in no order that means anything
  entries bytea NOT NULL                                                                            -- never longer than a page takes
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE audit_pending ALTER COLUMN entries SET STORAGE PLAIN;

-- The record: leaves of a Merkle tree, up to 256 in a row.
CREATE TABLE audit_bundle (
  first   bigint  NOT NULL CONSTRAINT audit_bundle_pkey PRIMARY KEY, -- number of the first leaf; there are no gaps
  count   integer NOT NULL,
  hashes  bytea   NOT NULL, -- 32 bytes for each leaf
  leaves  bytea   NOT NULL, -- canonical JSON, one a line, compressed (S2)
  private bytea   NOT NULL  -- what the leaves commit to, one a line, compressed (S2); a line that was erased is empty
);
ALTER TABLE audit_bundle ALTER COLUMN leaves SET STORAGE EXTERNAL, ALTER COLUMN private SET STORAGE EXTERNAL, ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- How far the tree is, in one row.
CREATE TABLE audit_tree (
  one       boolean     NOT NULL DEFAULT true CONSTRAINT audit_tree_one UNIQUE CHECK (one),
  size      bigint      NOT NULL DEFAULT 0,
  complete  bytea       NOT NULL DEFAULT '', -- hashes of the complete subtrees, by which it grows
  logged    timestamptz NOT NULL DEFAULT 'epoch', -- of the last leaf
  published bigint      NOT NULL DEFAULT 0   -- of so many leaves there are AuditEvents
);
INSERT INTO audit_tree DEFAULT VALUES;

-- Signed sizes and roots of the tree.
CREATE TABLE audit_checkpoint (
  size   bigint      NOT NULL CONSTRAINT audit_checkpoint_pkey PRIMARY KEY,
  signed timestamptz NOT NULL DEFAULT now(),
  note   text        NOT NULL
);

-- Whom the pseudonyms in the leaves stand for. Without its row a pseudonym
-- stands for nobody any more.
CREATE TABLE audit_name (
  pseudonym uuid NOT NULL CONSTRAINT audit_name_pkey PRIMARY KEY,
  name      text COLLATE "C" NOT NULL CONSTRAINT audit_name_once UNIQUE -- "Patient/7"
);

-- The record grows, and of what is there only the private part may be erased.
-- Who owns the tables can take this away; what he then does shows in the next
-- comparison with a checkpoint that was kept elsewhere.
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_bundle' THEN
    IF (OLD.first, OLD.count, OLD.hashes, OLD.leaves) = (NEW.first, NEW.count, NEW.hashes, NEW.leaves) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'what is on record is not changed';
END $$;
CREATE TRIGGER audit_bundle_only_grows BEFORE UPDATE OR DELETE ON audit_bundle FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_bundle_stays BEFORE TRUNCATE ON audit_bundle EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
