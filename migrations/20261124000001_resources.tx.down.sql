DROP TABLE version_object, object, compartment, version, resource, resource_type;
DROP SEQUENCE resource_rid;
