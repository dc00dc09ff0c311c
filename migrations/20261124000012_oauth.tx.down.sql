DROP TABLE oauth_key, oauth_assertion, oauth_launch, oauth_authorization, oauth_token, oauth_client;
