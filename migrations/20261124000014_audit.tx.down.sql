DROP TABLE audit_name, audit_checkpoint, audit_tree, audit_bundle, audit_pending;
DROP FUNCTION audit_only_grows();
