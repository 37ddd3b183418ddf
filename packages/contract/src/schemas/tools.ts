import { z } from 'zod';
import { id, instant, jsonObject, listOf, toolName } from './common.ts';

export const ToolAnnotations = z.strictObject({
  read_only: z.boolean().default(false),
  destructive: z.boolean().default(true),
  idempotent: z.boolean().default(false).describe('the same call again changes nothing more'),
  open_world: z.boolean().default(true).describe('reaches people or systems outside'),
});

export const HttpCall = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  url: z.string().min(1).max(2000).describe('may hold {argument} in its path and query'),
  headers: z.record(z.string().max(100), z.string().max(4000)).default({}).describe('may hold {{secrets.NAME}}'),
  idempotency_header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,60}$/)
    .nullable()
    .default('Idempotency-Key')
    .describe(
      'carries the stable key of the call; mark the tool `idempotent` where the receiver goes by it, else an unknown result is put before a person',
    ),
  timeout_seconds: z.number().min(1).max(300).default(30),
});

const shared = {
  description: z.string().max(4000).default(''),
  parameters: jsonObject.default({ type: 'object', properties: {} }).describe('JSON schema of the arguments'),
  annotations: ToolAnnotations.default({ read_only: false, destructive: true, idempotent: false, open_world: true }),
  approval: z
    .enum(['default', 'always'])
    .default('default')
    .describe('`always`: asks in `confirm_tools` even if allowed'),
  summary_template: z
    .string()
    .max(300)
    .nullable()
    .default(null)
    .describe('the request in a sentence, such as "Refund {amount} to {customer}"'),
};

const AgentCall = z.strictObject({
  agent_id: id('agent'),
  version: z.number().int().min(1).nullable().default(null).describe('null: the current one at the time'),
});

export const CreateTool = z.strictObject({
  name: toolName,
  ...shared,
  http: HttpCall.optional().describe('one of the two: what is called'),
  agent: AgentCall.optional().describe('the agent that does it, as an execution of its own'),
});

export const UpdateTool = z.strictObject({
  description: shared.description.unwrap().optional(),
  parameters: jsonObject.optional(),
  annotations: ToolAnnotations.optional(),
  approval: z.enum(['default', 'always']).optional(),
  summary_template: z.string().max(300).nullable().optional(),
  http: HttpCall.optional(),
});

export const Tool = z.object({
  id: id('tool'),
  kind: z.enum(['http', 'mcp', 'agent']),
  name: z.string(),
  version: z.number().int().describe('goes up with every change, and is part of what is approved'),
  description: z.string(),
  parameters: jsonObject,
  annotations: ToolAnnotations,
  approval: z.enum(['default', 'always']),
  summary_template: z.string().nullable(),
  http: HttpCall.nullable(),
  mcp_server_id: z.string().nullable(),
  agent: z.object({ agent_id: z.string(), version: z.number().int().nullable() }).nullable(),
  created_at: instant,
  updated_at: instant,
});

export const ToolList = listOf(Tool);

export const TestCall = z.strictObject({ arguments: jsonObject.default({}) });

export const TestCallResult = z.object({
  ok: z.boolean(),
  is_error: z.boolean(),
  content: z.string(),
  milliseconds: z.number(),
});

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/);

export const CreateMcpServer = z.discriminatedUnion('transport', [
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_-]{0,29}$/),
    transport: z.literal('http'),
    url: z.url({ protocol: /^https?$/ }),
    headers: z.record(z.string().max(100), z.string().max(4000)).default({}),
  }),
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_-]{0,29}$/),
    transport: z.literal('stdio'),
    command: z.string().min(1).max(1000),
    args: z.array(z.string().max(4000)).max(100).default([]),
    env: z.record(environmentName, z.string().max(4000)).default({}).describe('may hold {{secrets.NAME}}'),
  }),
]);

export const McpServer = z.object({
  id: id('mcpServer'),
  name: z.string(),
  transport: z.enum(['http', 'stdio']),
  url: z.string().nullable(),
  command: z.string().nullable(),
  args: z.array(z.string()),
  tools: z.array(z.string()).describe('names of the tools it brought'),
  created_at: instant,
  synced_at: instant.nullable(),
});

export const McpServerList = listOf(McpServer);

export const secretName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be capital letters, digits and "_"');

export const PutSecret = z.strictObject({ name: secretName, value: z.string().min(1).max(20_000) });
export const Secret = z.object({ name: z.string(), created_at: instant, updated_at: instant });
export const SecretList = listOf(Secret);
