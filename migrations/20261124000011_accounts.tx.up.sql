-- People who can log in. A deleted account keeps its id, since the audit
-- speaks of it, and nothing else.
CREATE TABLE account (
  id       uuid        NOT NULL CONSTRAINT account_pkey PRIMARY KEY,
  email    text        NOT NULL, -- as the person writes it
  mailbox  text COLLATE "C" CONSTRAINT account_mailbox_once UNIQUE, -- the address as it is compared; null when deleted
  state    text        NOT NULL CONSTRAINT account_state_known CHECK (state IN ('pending', 'active', 'disabled', 'deleted')),
  name     text        NOT NULL,
  language text        NOT NULL,
  password text        NOT NULL, -- PHC string, '' for none
  created  timestamptz NOT NULL,
  since    timestamptz NOT NULL, -- tokens that were issued before are void
  profile  bytea                 -- sealed: what a newcomer said, until there is a record
);

-- What an account is, and who. One person has one account.
CREATE TABLE account_role (
  account   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  role      text NOT NULL,
  self_type text COLLATE "C",
  self_id   text COLLATE "C",
  ordinal   smallint NOT NULL,
  CONSTRAINT account_role_pkey PRIMARY KEY (account, role),
  CONSTRAINT account_role_person_once UNIQUE (self_type, self_id),
  CONSTRAINT account_role_person_whole CHECK ((self_type IS NULL) = (self_id IS NULL))
);
CREATE INDEX account_role_holders ON account_role (role);

-- Logins of browsers. The value of the cookie is stored nowhere.
CREATE TABLE account_session (
  id      uuid        NOT NULL CONSTRAINT account_session_pkey PRIMARY KEY, -- for lists; opens nothing
  hash    bytea       NOT NULL CONSTRAINT account_session_hash_once UNIQUE, -- SHA-256 of the cookie's value
  account uuid        NOT NULL REFERENCES account ON DELETE CASCADE,
  role    text        NOT NULL, -- acted in, '' for all
  next    text        NOT NULL, -- step that is lacking, '' for none
  began   timestamptz NOT NULL,
  seen    timestamptz NOT NULL,
  until   timestamptz NOT NULL,
  idle    integer     NOT NULL, -- seconds without a request after which it ends
  factor  timestamptz,          -- a second factor was last shown
  fresh   timestamptz NOT NULL, -- any proof was last given
  address text        NOT NULL,
  agent   text        NOT NULL
);
CREATE INDEX account_session_of ON account_session (account);

-- Tokens of letters, each of which works once.
CREATE TABLE account_token (
  hash    bytea       NOT NULL CONSTRAINT account_token_pkey PRIMARY KEY, -- SHA-256
  purpose text        NOT NULL,
  account uuid        REFERENCES account ON DELETE CASCADE,
  email   text        NOT NULL,
  by      text        NOT NULL,
  data    text        NOT NULL,
  created timestamptz NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX account_token_of ON account_token (account);

-- Second factors.
CREATE TABLE account_factor (
  id         uuid        NOT NULL CONSTRAINT account_factor_pkey PRIMARY KEY,
  account    uuid        NOT NULL REFERENCES account ON DELETE CASCADE,
  kind       text        NOT NULL,
  name       text        NOT NULL,
  secret     bytea       NOT NULL, -- sealed
  credential bytea       CONSTRAINT account_factor_credential_once UNIQUE, -- id of a passkey
  confirmed  boolean     NOT NULL,
  step       bigint      NOT NULL DEFAULT 0, -- of the last code that was accepted: it and those before are not accepted again
  created    timestamptz NOT NULL,
  used       timestamptz
);
CREATE INDEX account_factor_of ON account_factor (account);

CREATE TABLE account_recovery_code (
  account uuid  NOT NULL REFERENCES account ON DELETE CASCADE,
  hash    bytea NOT NULL, -- SHA-256 of 80 random bits
  CONSTRAINT account_recovery_code_pkey PRIMARY KEY (account, hash)
);

-- Ceremonies of passkeys that have begun.
CREATE TABLE account_ceremony (
  hash    bytea       NOT NULL CONSTRAINT account_ceremony_pkey PRIMARY KEY,
  account uuid        REFERENCES account ON DELETE CASCADE,
  session uuid        REFERENCES account_session ON DELETE CASCADE,
  kind    text        NOT NULL,
  data    bytea       NOT NULL, -- sealed
  expires timestamptz NOT NULL
);

-- Attempts that failed. The key is a keyed hash and says neither whose nor
-- where.
CREATE TABLE account_counter (
  key   bytea       NOT NULL CONSTRAINT account_counter_pkey PRIMARY KEY,
  count integer     NOT NULL,
  begun timestamptz NOT NULL, -- of the time that is counted
  until timestamptz           -- no attempt before; of a trusted place: trusted until
);

-- Rights to practise, and who made sure of them.
CREATE TABLE account_licence (
  id       uuid        NOT NULL CONSTRAINT account_licence_pkey PRIMARY KEY,
  account  uuid        NOT NULL REFERENCES account ON DELETE CASCADE,
  number   text        NOT NULL,
  issuer   text        NOT NULL,
  region   text        NOT NULL,
  expires  timestamptz NOT NULL,
  state    text        NOT NULL CONSTRAINT account_licence_state_known CHECK (state IN ('submitted', 'verified', 'refused', 'suspended', 'expired')),
  sent     timestamptz NOT NULL,
  evidence text        NOT NULL,
  reason   text        NOT NULL,
  reviewer text        NOT NULL,
  reviewed timestamptz,
  notified smallint    NOT NULL -- days before the end of the last notice, 0 for none
);
CREATE INDEX account_licence_of ON account_licence (account);
CREATE INDEX account_licence_ends ON account_licence (state, expires);

-- Accounts that act for patients.
CREATE TABLE account_proxy (
  id           uuid        NOT NULL CONSTRAINT account_proxy_pkey PRIMARY KEY,
  account      uuid        NOT NULL REFERENCES account ON DELETE CASCADE,
  patient_type text COLLATE "C" NOT NULL,
  patient_id   text COLLATE "C" NOT NULL,
  related_type text COLLATE "C" NOT NULL,
  related_id   text COLLATE "C" NOT NULL,
  rights       text[]      NOT NULL,
  until        timestamptz NOT NULL,
  by           text        NOT NULL,
  granted      timestamptz NOT NULL,
  revoked      timestamptz
);
CREATE INDEX account_proxy_of ON account_proxy (account);
CREATE INDEX account_proxy_for ON account_proxy (patient_type, patient_id);

-- Letters to be sent. One that was sent is no row any more.
CREATE TABLE account_letter (
  id       uuid        NOT NULL CONSTRAINT account_letter_pkey PRIMARY KEY,
  kind     text        NOT NULL,
  account  uuid        REFERENCES account ON DELETE CASCADE,
  sealed   bytea,      -- address and words; null when given up
  created  timestamptz NOT NULL,
  due      timestamptz NOT NULL,
  attempts smallint    NOT NULL,
  state    text        NOT NULL CONSTRAINT account_letter_state_known CHECK (state IN ('queued', 'kept', 'failed'))
);
CREATE INDEX account_letter_due ON account_letter (due) WHERE state = 'queued';
CREATE INDEX account_letter_kept ON account_letter (created) WHERE state = 'kept';

-- What happened, until the audit has it. The number is the order in which
-- rows were written, not that in which their transactions ended.
CREATE TABLE account_event (
  number  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT account_event_pkey PRIMARY KEY,
  id      uuid        NOT NULL,
  at      timestamptz NOT NULL,
  what    text        NOT NULL,
  failed  boolean     NOT NULL,
  by      text        NOT NULL,
  account text        NOT NULL,
  session text        NOT NULL,
  address text        NOT NULL,
  detail  text        NOT NULL
);
