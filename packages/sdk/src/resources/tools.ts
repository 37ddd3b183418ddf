import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

export const toolMethods = (call: Call) => ({
  /** Defines an HTTP tool. */
  create: (body: Body<'createTool'>, options?: CallOptions) => call('createTool', { body }, options),
  list: (query: Query<'listTools'> = {}, options?: CallOptions) => call('listTools', { query }, options),
  iterate: (query: Omit<Query<'listTools'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listTools', { query: { ...query, ...cursor } }, options)),
  get: (id: string, options?: CallOptions) => call('getTool', { id }, options),
  update: (id: string, body: Body<'updateTool'>, options?: CallOptions) => call('updateTool', { id, body }, options),
  delete: (id: string, options?: CallOptions) => call('deleteTool', { id }, options),
  /** A test call, past every gate: with an API key only of read-only tools. Never sent again by itself. */
  call: (id: string, body: Body<'callTool'>, options?: CallOptions) => call('callTool', { id, body }, options),
});

export const mcpServerMethods = (call: Call) => ({
  /** Adds an MCP server and takes over its tools. */
  create: (body: Body<'createMcpServer'>, options?: CallOptions) => call('createMcpServer', { body }, options),
  list: (query: Query<'listMcpServers'> = {}, options?: CallOptions) => call('listMcpServers', { query }, options),
  iterate: (query: Omit<Query<'listMcpServers'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listMcpServers', { query: { ...query, ...cursor } }, options)),
  /** Takes over its tools again. */
  sync: (id: string, options?: CallOptions) => call('syncMcpServer', { id }, options),
  /** Removes it with its tools. */
  delete: (id: string, options?: CallOptions) => call('deleteMcpServer', { id }, options),
});

export const secretMethods = (call: Call) => ({
  /** Stores a secret, encrypted; no answer ever shows it again. */
  put: (body: Body<'putSecret'>, options?: CallOptions) => call('putSecret', { body }, options),
  list: (query: Query<'listSecrets'> = {}, options?: CallOptions) => call('listSecrets', { query }, options),
  iterate: (query: Omit<Query<'listSecrets'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listSecrets', { query: { ...query, ...cursor } }, options)),
  delete: (name: string, options?: CallOptions) => call('deleteSecret', { name }, options),
});
