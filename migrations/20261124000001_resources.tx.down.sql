DROP TABLE version_object, object, search_number, search_date, search_string, search_reference, search_token, compartment, version, resource, resource_type;
DROP SEQUENCE resource_rid;
