import { defineRoutes } from '../route.ts';
import { ListQuery } from '../schemas/agents.ts';
import * as shapes from '../schemas/tools.ts';

const tag = 'Tools';

export const toolRoutes = defineRoutes({
  createTool: {
    method: 'POST', path: '/v1/tools', tag, summary: 'Define an HTTP tool',
    permission: 'tools:write', body: shapes.CreateTool, response: shapes.Tool, status: 201, idempotency: 'required',
  },
  listTools: {
    method: 'GET', path: '/v1/tools', tag, summary: 'List tools',
    permission: 'tools:read', query: ListQuery, response: shapes.ToolList, status: 200,
  },
  getTool: {
    method: 'GET', path: '/v1/tools/{id}', tag, summary: 'One tool',
    permission: 'tools:read', response: shapes.Tool, status: 200,
  },
  updateTool: {
    method: 'PATCH', path: '/v1/tools/{id}', tag, summary: 'Change it; of an MCP tool only approval, annotations and summary',
    permission: 'tools:write', body: shapes.UpdateTool, response: shapes.Tool, status: 200,
  },
  deleteTool: {
    method: 'DELETE', path: '/v1/tools/{id}', tag, summary: 'Remove it',
    permission: 'tools:write', response: null, status: 204,
  },
  callTool: {
    method: 'POST', path: '/v1/tools/{id}/call', tag,
    summary: 'Test call; with an API key only of read-only tools, since a test passes no gate',
    permission: 'tools:write', body: shapes.TestCall, response: shapes.TestCallResult, status: 200,
  },
  createMcpServer: {
    method: 'POST', path: '/v1/mcp-servers', tag, summary: 'Add an MCP server and take over its tools',
    permission: 'tools:write', body: shapes.CreateMcpServer, response: shapes.McpServer, status: 201, idempotency: 'required',
  },
  listMcpServers: {
    method: 'GET', path: '/v1/mcp-servers', tag, summary: 'List MCP servers',
    permission: 'tools:read', query: ListQuery, response: shapes.McpServerList, status: 200,
  },
  syncMcpServer: {
    method: 'POST', path: '/v1/mcp-servers/{id}/sync', tag, summary: 'Take over its tools again',
    permission: 'tools:write', response: shapes.McpServer, status: 200,
  },
  deleteMcpServer: {
    method: 'DELETE', path: '/v1/mcp-servers/{id}', tag, summary: 'Remove it with its tools',
    permission: 'tools:write', response: null, status: 204,
  },
  putSecret: {
    method: 'PUT', path: '/v1/secrets', tag, summary: 'Store a secret, encrypted; it is never shown again',
    permission: 'tools:write', body: shapes.PutSecret, response: shapes.Secret, status: 200,
  },
  listSecrets: {
    method: 'GET', path: '/v1/secrets', tag, summary: 'Names of the secrets',
    permission: 'tools:read', query: ListQuery, response: shapes.SecretList, status: 200,
  },
  deleteSecret: {
    method: 'DELETE', path: '/v1/secrets/{name}', tag, summary: 'Remove a secret',
    permission: 'tools:write', response: null, status: 204,
  },
});
