-- Keys that the servers of one database share, made by the first of them.
CREATE TABLE server_secret (
  name   text COLLATE "C" NOT NULL CONSTRAINT server_secret_pkey PRIMARY KEY,
  secret bytea NOT NULL
);
