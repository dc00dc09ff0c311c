DROP TABLE policy_change, policy, consent_provision, security_context, label, care_relation;
