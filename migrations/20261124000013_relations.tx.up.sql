-- Who may see a patient's record because they treat or manage the patient:
-- practitioners, and organizations for clients that act for these. The fence
-- joins the rows with the time of the statement, so that one that has ended
-- needs nobody to take it away.
CREATE TABLE care_relation (
  id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT care_relation_pkey PRIMARY KEY,
  holder     uuid NOT NULL,                 -- as compartment.home, of the reference in holder_ref
  patient    uuid NOT NULL,                 -- likewise of patient_ref
  holder_ref  text COLLATE "C" NOT NULL,    -- "Practitioner/3"
  patient_ref text COLLATE "C" NOT NULL,    -- "Patient/7"
  source     text COLLATE "C" NOT NULL,     -- the rule or deed it comes from: appointment, connection, break-glass ...
  origin     bigint,                        -- rid of the resource it is derived from, null if from none
  opens      text[] COLLATE "C" NOT NULL DEFAULT '{}', -- security labels that it opens; "consent": what consents deny
  reason     text,                          -- why the glass was broken
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz CONSTRAINT care_relation_ends_after_it_starts CHECK (ends_at >= starts_at),
  revoked_at timestamptz
);
CREATE INDEX care_relation_of_patient ON care_relation (patient, holder);
CREATE INDEX care_relation_of_holder ON care_relation (holder);
CREATE INDEX care_relation_by_origin ON care_relation (origin) WHERE origin IS NOT NULL;

-- Security labels (meta.security) by which a fence hides resources: a code of
-- confidentiality or sensitivity, or system|code. As in compartment, a row
-- holds for the versions from since up to, not including, until. A deletion
-- keeps the labels.
CREATE TABLE label (
  rid   bigint  NOT NULL,
  since integer NOT NULL,
  until integer,
  label text COLLATE "C" NOT NULL
);
CREATE INDEX label_of ON label (rid);

-- What a Binary belongs to: who can read that can read the Binary.
CREATE TABLE security_context (
  rid   bigint   NOT NULL,
  since integer  NOT NULL,
  until integer,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL
);
CREATE INDEX security_context_of ON security_context (rid);

-- Provisions of consents that are in force, flattened: a deeper one is an
-- exception from those around it. A null matches all.
CREATE TABLE consent_provision (
  origin  bigint   NOT NULL, -- rid of the consent
  patient uuid     NOT NULL, -- as compartment.home
  depth   smallint NOT NULL, -- 0 for the outermost
  deny    boolean  NOT NULL,
  actor   uuid,              -- who is denied or permitted, as compartment.home
  type    smallint,          -- resource type
  label   text COLLATE "C",  -- security label, as in label
  starts_at timestamptz,
  ends_at   timestamptz
);
CREATE INDEX consent_provision_of_patient ON consent_provision (patient);
CREATE INDEX consent_provision_by_origin ON consent_provision (origin);

-- Policies as administrators changed them: one that is not here is as the
-- programme brings it, one without a document does not count.
CREATE TABLE policy (
  id       text COLLATE "C" NOT NULL CONSTRAINT policy_pkey PRIMARY KEY,
  document text,
  changed  timestamptz NOT NULL DEFAULT now(),
  by       text NOT NULL DEFAULT ''
);
-- Tells servers when what they know of the policies is out of date. One row.
CREATE TABLE policy_change (
  one        boolean CONSTRAINT policy_change_one_row PRIMARY KEY DEFAULT true CHECK (one),
  generation bigint NOT NULL DEFAULT 1
);
INSERT INTO policy_change DEFAULT VALUES;
