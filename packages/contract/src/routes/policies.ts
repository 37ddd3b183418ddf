import { defineRoutes } from '../route.ts';
import { ListQuery } from '../schemas/agents.ts';
import * as grants from '../schemas/grants.ts';
import * as shapes from '../schemas/policies.ts';

const tag = 'Policies';

export const policyRoutes = defineRoutes({
  listPolicies: { method: 'GET', path: '/v1/policies', tag, summary: 'Policies, in the order in which they are read', permission: 'policies:read', response: shapes.PolicyList, status: 200 },
  createPolicy: { method: 'POST', path: '/v1/policies', tag, summary: 'Create a policy', permission: 'policies:write', body: shapes.CreatePolicy, response: shapes.Policy, status: 201, idempotency: 'required' },
  getPolicy: { method: 'GET', path: '/v1/policies/{id}', tag, summary: 'One policy', permission: 'policies:read', response: shapes.Policy, status: 200 },
  updatePolicy: { method: 'PATCH', path: '/v1/policies/{id}', tag, summary: 'Rename, move, switch on or off', permission: 'policies:write', body: shapes.UpdatePolicy, response: shapes.Policy, status: 200 },
  deletePolicy: { method: 'DELETE', path: '/v1/policies/{id}', tag, summary: 'Retire a policy; its versions stay for the record', permission: 'policies:write', response: null, status: 204 },
  listPolicyVersions: { method: 'GET', path: '/v1/policies/{id}/versions', tag, summary: 'Its versions', permission: 'policies:read', response: shapes.PolicyVersionList, status: 200 },
  createPolicyVersion: { method: 'POST', path: '/v1/policies/{id}/versions', tag, summary: 'A new version, which holds from now on', permission: 'policies:write', body: shapes.CreatePolicyVersion, response: shapes.Policy, status: 201, idempotency: 'required' },
  promotePolicyVersion: { method: 'POST', path: '/v1/policies/{id}/promote', tag, summary: 'Let another version hold', permission: 'policies:write', body: shapes.PromotePolicy, response: shapes.Policy, status: 200 },
  checkPolicy: { method: 'POST', path: '/v1/policies/check', tag, summary: 'What is wrong with rules as they are written', permission: 'policies:read', body: shapes.CheckPolicy, response: shapes.CheckedPolicy, status: 200 },
  evaluatePolicy: { method: 'POST', path: '/v1/policies/evaluate', tag, summary: 'What would happen to one call, and why', permission: 'policies:read', body: shapes.EvaluatePolicy, response: shapes.Evaluated, status: 200 },
  backtestPolicy: { method: 'POST', path: '/v1/policies/backtest', tag, summary: 'What would have happened to past or recorded calls', permission: 'policies:read', body: shapes.Backtest, response: shapes.Backtested, status: 200 },
  listGrants: { method: 'GET', path: '/v1/grants', tag: 'Grants', summary: 'List grants, newest first', permission: 'approvals:read', query: ListQuery, response: grants.GrantList, status: 200 },
  createGrant: { method: 'POST', path: '/v1/grants', tag: 'Grants', summary: 'Let a class of like calls go ahead, for a time and a number of uses', permission: 'approvals:decide', person: true, body: grants.CreateGrant, response: grants.Grant, status: 201, idempotency: 'required' },
  getGrant: { method: 'GET', path: '/v1/grants/{id}', tag: 'Grants', summary: 'One grant with its count', permission: 'approvals:read', response: grants.Grant, status: 200 },
  revokeGrant: { method: 'DELETE', path: '/v1/grants/{id}', tag: 'Grants', summary: 'Revoke a grant, at once', permission: 'approvals:decide', response: null, status: 204 },
  listGrantUses: { method: 'GET', path: '/v1/grants/{id}/uses', tag: 'Grants', summary: 'What it let through', permission: 'approvals:read', query: ListQuery, response: grants.GrantUseList, status: 200 },
});
