import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/agents.ts';
import { Execution } from '../schemas/executions.ts';

const tag = 'Agents';

export const agentRoutes = defineRoutes({
  createAgent: {
    method: 'POST', path: '/v1/agents', tag, summary: 'Create an agent, with a first version if a config is given',
    permission: 'agents:write', body: shapes.CreateAgent, response: shapes.Agent, status: 201, idempotency: 'required',
  },
  listAgents: {
    method: 'GET', path: '/v1/agents', tag, summary: 'List agents',
    permission: 'agents:read', query: shapes.AgentFilter, response: shapes.AgentList, status: 200,
  },
  getAgent: {
    method: 'GET', path: '/v1/agents/{id}', tag, summary: 'One agent with its current version',
    permission: 'agents:read', response: shapes.Agent, status: 200,
  },
  updateAgent: {
    method: 'PATCH', path: '/v1/agents/{id}', tag, summary: 'Change its name or description',
    permission: 'agents:write', body: shapes.UpdateAgent, response: shapes.Agent, status: 200,
  },
  archiveAgent: {
    method: 'DELETE', path: '/v1/agents/{id}', tag, summary: 'Archive it; its executions and approvals stay',
    permission: 'agents:write', response: null, status: 204,
  },
  createVersion: {
    method: 'POST', path: '/v1/agents/{id}/versions', tag, summary: 'Add an immutable version',
    permission: 'agents:write', body: shapes.CreateVersion, response: shapes.AgentVersion, status: 201, idempotency: 'required',
  },
  listVersions: {
    method: 'GET', path: '/v1/agents/{id}/versions', tag, summary: 'Its versions',
    permission: 'agents:read', query: shapes.ListQuery, response: shapes.AgentVersionList, status: 200,
  },
  getVersion: {
    method: 'GET', path: '/v1/agents/{id}/versions/{version}', tag, summary: 'One version',
    permission: 'agents:read', response: shapes.AgentVersion, status: 200,
  },
  promoteVersion: {
    method: 'POST', path: '/v1/agents/{id}/promote', tag, summary: 'Make a version the current one',
    permission: 'agents:write', body: shapes.Promote, response: shapes.Agent, status: 200,
  },
  executeAgent: {
    method: 'POST', path: '/v1/agents/{id}/execute', tag, summary: 'Start an execution',
    permission: 'executions:run', body: shapes.Execute, response: Execution, status: 201, idempotency: 'required',
  },
});
