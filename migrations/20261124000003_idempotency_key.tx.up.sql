-- Requests that were carried out, by the key their sender gave them, written
-- in the transaction of the change: a request that is repeated with its key
-- takes effect at most once. Keys of imports are kept for ever, since a file
-- can be imported again after years.
CREATE TABLE idempotency_key (
  key  text COLLATE "C" NOT NULL CONSTRAINT idempotency_key_used_once PRIMARY KEY,
  used timestamptz      NOT NULL DEFAULT now()
);
