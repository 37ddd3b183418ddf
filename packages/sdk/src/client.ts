import { createCall } from './call.ts';
import { apiKeyMethods, eventMethods, sessionMethods, signingKeyMethods } from './resources/access.ts';
import { agentMethods } from './resources/agents.ts';
import { approvalMethods, gateMethods, receiptMethods } from './resources/approvals.ts';
import { auditMethods } from './resources/audit.ts';
import { invitationMethods, workspaceMethods } from './resources/invitations.ts';
import { channelMethods, deliveryMethods } from './resources/channels.ts';
import { conversationMethods } from './resources/conversations.ts';
import { executionMethods } from './resources/executions.ts';
import {
  accountMethods,
  calendarMethods,
  delegationMethods,
  groupMethods,
  memberMethods,
  settingsMethods,
} from './resources/people.ts';
import { grantMethods, policyMethods } from './resources/policies.ts';
import { mcpServerMethods, secretMethods, toolMethods } from './resources/tools.ts';
import { incomingWebhookMethods, scheduleMethods, voiceLineMethods } from './resources/triggers.ts';
import { viewMethods } from './resources/views.ts';
import { workflowMethods } from './resources/workflows.ts';
import type { Transport } from './transport.ts';

export type ClientOptions = {
  /** Where the server is, such as `https://approvals.example.com`. */
  readonly baseUrl: string;
  /** `csk_…`. Without one, a browser's session cookie is what counts. */
  readonly apiKey?: string | undefined;
  /** Another `fetch` than the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Of one request; 30 by default. */
  readonly timeoutSeconds?: number | undefined;
  /** How often a request is sent again that met a passing failure; 5 by default, over about 10 seconds. */
  readonly retries?: number | undefined;
};

const transportFrom = (options: ClientOptions): Transport => {
  const url = new URL(options.baseUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError('baseUrl must begin with http:// or https://');
  if (url.username || url.password) throw new TypeError('baseUrl must not hold a password: give apiKey');
  // Checked here, since what a runtime says about a bad header may hold the key, and end in a log.
  if (options.apiKey !== undefined && !/^[\x21-\x7e]+$/.test(options.apiKey))
    throw new TypeError('apiKey must be visible ASCII characters only: is there a line break at its end?');
  return {
    baseUrl: url.origin + url.pathname.replace(/\/+$/, ''),
    apiKey: options.apiKey,
    fetch: options.fetch ?? globalThis.fetch,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    retries: options.retries ?? 5,
  };
};

/**
 * A client for every operation of the API. Inputs and answers are as on the wire: `snake_case`, times as RFC 3339 texts.
 * Every method may throw `ApiError`, `ConnectionError`, `TimeoutError`, or the reason of the signal it was given.
 *
 * @example
 * const client = createClient({ baseUrl: 'http://127.0.0.1:4400', apiKey: 'csk_…' });
 * for await (const approval of client.approvals.iterate({ status: 'pending' })) console.log(approval.title);
 */
export const createClient = (options: ClientOptions) => {
  const transport = transportFrom(options);
  const call = createCall(transport);
  return {
    approvals: approvalMethods(call),
    gate: gateMethods(call),
    receipts: receiptMethods(call, transport),
    policies: policyMethods(call),
    grants: grantMethods(call),
    members: memberMethods(call),
    invitations: invitationMethods(call),
    workspaces: workspaceMethods(call),
    groups: groupMethods(call),
    delegations: delegationMethods(call),
    calendars: calendarMethods(call),
    settings: settingsMethods(call),
    views: viewMethods(call),
    agents: agentMethods(call),
    workflows: workflowMethods(call),
    schedules: scheduleMethods(call),
    triggers: incomingWebhookMethods(call),
    voiceLines: voiceLineMethods(call),
    tools: toolMethods(call),
    mcpServers: mcpServerMethods(call),
    secrets: secretMethods(call),
    executions: executionMethods(call, transport),
    conversations: conversationMethods(call, transport),
    apiKeys: apiKeyMethods(call),
    signingKeys: signingKeyMethods(call),
    session: sessionMethods(call),
    account: accountMethods(call),
    events: eventMethods(transport),
    audit: auditMethods(call, transport),
    channels: channelMethods(call),
    deliveries: deliveryMethods(call),
  };
};

export type Client = ReturnType<typeof createClient>;
