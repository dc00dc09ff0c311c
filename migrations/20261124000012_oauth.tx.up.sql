-- Applications that may ask for tokens (RFC 7591).
CREATE TABLE oauth_client (
  id           text COLLATE "C" NOT NULL CONSTRAINT oauth_client_pkey PRIMARY KEY,
  name         text NOT NULL,
  method       text NOT NULL, -- how it proves who it is: none, client_secret_basic (and _post), private_key_jwt
  secret       bytea, -- SHA-256 of the secret: it is made of 256 random bits, so that a slow hash would add nothing
  former       bytea, -- of the secret before it, until it is withdrawn
  keys         json,  -- JWKS
  keys_url     text NOT NULL DEFAULT '',
  redirects    text[] NOT NULL DEFAULT '{}',
  launch_url   text NOT NULL DEFAULT '', -- opens the app from the portal
  origins      text[] NOT NULL DEFAULT '{}', -- web pages of the app that may call us
  grants       text[] NOT NULL DEFAULT '{}',
  scopes       text NOT NULL DEFAULT '', -- the most that it can be granted
  introspects  boolean NOT NULL DEFAULT false, -- may ask about the tokens of others
  state        text NOT NULL CONSTRAINT oauth_client_state CHECK (state IN ('draft', 'active', 'disabled')),
  about        json NOT NULL DEFAULT '{}', -- addresses and contacts to show to people
  registration bytea, -- SHA-256 of the registration access token (RFC 7592)
  created      timestamptz NOT NULL
);

-- Codes, access tokens and refresh tokens. Of each only the second half is
-- here, from which the first cannot be found.
CREATE TABLE oauth_token (
  kind      text COLLATE "C" NOT NULL, -- code, access or refresh
  signature text COLLATE "C" NOT NULL,
  family    text COLLATE "C" NOT NULL, -- what one authorization led to
  client    text COLLATE "C" CONSTRAINT oauth_token_of_a_client REFERENCES oauth_client ON DELETE CASCADE, -- NULL: of the operator
  account   text COLLATE "C" NOT NULL DEFAULT '', -- '' when no person is behind it
  session   text COLLATE "C" NOT NULL DEFAULT '', -- of the portal, when the token ends with it
  active    boolean NOT NULL DEFAULT true, -- a spent one stays until it expires, so that its second use is noticed
  issued    timestamptz NOT NULL,
  expires   timestamptz NOT NULL,
  data      json NOT NULL,
  CONSTRAINT oauth_token_pkey PRIMARY KEY (kind, signature)
);
CREATE INDEX oauth_token_family ON oauth_token (family);
CREATE INDEX oauth_token_account ON oauth_token (account, client) WHERE account <> '';
CREATE INDEX oauth_token_client ON oauth_token (client);
CREATE INDEX oauth_token_expires ON oauth_token (expires);

-- Authorization requests that people are answering.
CREATE TABLE oauth_authorization (
  id      text COLLATE "C" NOT NULL CONSTRAINT oauth_authorization_pkey PRIMARY KEY,
  client  text COLLATE "C" NOT NULL CONSTRAINT oauth_authorization_of_a_client REFERENCES oauth_client ON DELETE CASCADE,
  account text COLLATE "C" NOT NULL DEFAULT '',
  expires timestamptz NOT NULL,
  data    json NOT NULL
);
CREATE INDEX oauth_authorization_client ON oauth_authorization (client);
CREATE INDEX oauth_authorization_expires ON oauth_authorization (expires);

-- What is open in the portal when an app is opened from it. Taking a row
-- deletes it.
CREATE TABLE oauth_launch (
  id      bytea NOT NULL CONSTRAINT oauth_launch_pkey PRIMARY KEY, -- SHA-256 of the launch parameter
  client  text COLLATE "C" NOT NULL CONSTRAINT oauth_launch_of_a_client REFERENCES oauth_client ON DELETE CASCADE,
  expires timestamptz NOT NULL,
  data    json NOT NULL
);
CREATE INDEX oauth_launch_client ON oauth_launch (client);
CREATE INDEX oauth_launch_expires ON oauth_launch (expires);

-- Assertions that clients have proved themselves with, so that none counts
-- twice.
CREATE TABLE oauth_assertion (
  client  text COLLATE "C" NOT NULL CONSTRAINT oauth_assertion_of_a_client REFERENCES oauth_client ON DELETE CASCADE,
  jti     bytea NOT NULL, -- SHA-256 of the claim
  expires timestamptz NOT NULL,
  CONSTRAINT oauth_assertion_once PRIMARY KEY (client, jti)
);
CREATE INDEX oauth_assertion_expires ON oauth_assertion (expires);

-- Keys that sign identity tokens.
CREATE TABLE oauth_key (
  id      text COLLATE "C" NOT NULL CONSTRAINT oauth_key_pkey PRIMARY KEY,
  state   text NOT NULL CONSTRAINT oauth_key_state CHECK (state IN ('next', 'active', 'retired')),
  private bytea NOT NULL, -- PKCS #8
  since   timestamptz NOT NULL -- when it came into its state
);
CREATE UNIQUE INDEX oauth_key_one_signs ON oauth_key (state) WHERE state IN ('next', 'active');
