-- trust.md, B2 and B13: making workspaces governs, too.
alter table api_key drop constraint api_key_one_family;
alter table api_key add constraint api_key_one_family check (((scopes && array['approvals:decide'])::int
  + (scopes && array['approvals:create', 'gate:call', 'receipts:consume', 'executions:run', 'agents:write', 'tools:write',
                     'keys:write', 'keys:manage'])::int
  + (scopes && array['members:invite', 'members:write', 'groups:write', 'policies:write', 'scim:write',
                     'workspaces:create'])::int) <= 1);
