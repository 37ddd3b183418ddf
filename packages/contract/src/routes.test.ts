import { PERMISSIONS } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { accessRoutes } from './routes/access.ts';
import { accountRoutes } from './routes/account.ts';
import { pushRoutes } from './routes/push.ts';
import { agentRoutes } from './routes/agents.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { auditRoutes } from './routes/audit.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { channelRoutes } from './routes/channels.ts';
import { executionRoutes } from './routes/executions.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { peopleRoutes } from './routes/people.ts';
import { policyRoutes } from './routes/policies.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { signingRoutes } from './routes/signing.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { toolRoutes } from './routes/tools.ts';
import { voiceLineRoutes } from './routes/voice-lines.ts';
import { triggerRoutes } from './routes/triggers.ts';
import { viewRoutes } from './routes/views.ts';

const table = Object.entries(routes as Record<string, Route>);
const shapeOf = (type: z.ZodType | undefined): Record<string, z.ZodType> =>
  (type as { shape?: Record<string, z.ZodType> } | undefined)?.shape ?? {};

describe('the table of routes', () => {
  test('lost none to another of the same name', () => {
    const parts = [
      approvalRoutes,
      agentRoutes,
      toolRoutes,
      executionRoutes,
      conversationRoutes,
      accessRoutes,
      channelRoutes,
      peopleRoutes,
      invitationRoutes,
      policyRoutes,
      signingRoutes,
      viewRoutes,
      signInRoutes,
      accountRoutes,
      pushRoutes,
      workflowRoutes,
      auditRoutes,
      triggerRoutes,
      voiceLineRoutes,
    ];
    expect(table).toHaveLength(parts.flatMap((part) => Object.keys(part)).length);
  });

  test('has each method and path once', () => {
    const calls = table.map(([, { method, path }]) => `${method} ${path}`);
    expect(calls.filter((call, index) => calls.indexOf(call) !== index)).toEqual([]);
  });

  test('names a fixed path before the one with a parameter that would swallow it', () => {
    for (const [index, [, route]] of table.entries()) {
      const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/{}]+')}$`);
      const later = table
        .slice(index + 1)
        .filter(([, other]) => other.method === route.method && pattern.test(other.path));
      expect(
        later.map(([, { path }]) => path),
        route.path,
      ).toEqual([]);
    }
  });

  test('asks for a permission that there is', () => {
    for (const [name, { permission }] of table)
      expect([...PERMISSIONS, 'public', 'session'], name).toContain(permission);
  });

  test('asks for the deciding permission to decide, to move a request on or put it off, to sign, to grant and to delegate, and for nothing else', () => {
    const deciding = table.filter(([, { permission }]) => permission === 'approvals:decide').map(([name]) => name);
    expect(deciding.toSorted()).toEqual([
      'addSigningKey',
      'bulkDecide',
      'claimApproval',
      'createDelegation',
      'createGrant',
      'decideApproval',
      'deleteDelegation',
      'escalateApproval',
      'extendApproval',
      'listSigningKeys',
      'prepareSignature',
      'reassignApproval',
      'recallApproval',
      'releaseApproval',
      'reopenApproval',
      'revokeGrant',
      'revokeSigningKey',
      'snoozeApproval',
      'startSigningKey',
      'unsnoozeApproval',
    ]);
  });

  test('wants an Idempotency-Key for every POST that creates or decides, and for no other method', () => {
    const wanting = table.filter(
      ([name, { method, status }]) =>
        method === 'POST' && (status === 201 || /^(decide|bulkDecide|callGate)/.test(name)),
    );
    expect(wanting.length).toBeGreaterThan(5);
    for (const [name, { idempotency }] of wanting) expect(idempotency, name).toBe('required');
    for (const [name, { method, idempotency }] of table)
      if (method !== 'POST') expect(idempotency, name).toBeUndefined();
  });

  test('answers 204 exactly where there is nothing to say', () => {
    for (const [name, { status, response, stream, file }] of table)
      expect(status === 204, name).toBe(response === null && !stream && file === undefined);
  });
});

describe('bodies and queries', () => {
  test('refuse members that nobody knows, so that a client can not set what is not offered to it', () => {
    for (const [name, { body, query }] of table)
      for (const type of [body, query]) {
        if (!type) continue;
        const { error } = type.safeParse({ approved_by_me: true, transport: 'http', kind: 'webhook' });
        const unknown = error?.issues
          .filter(({ code }) => code === 'unrecognized_keys')
          .flatMap((issue) => (issue as { keys?: string[] }).keys ?? []);
        expect(unknown, name).toContain('approved_by_me');
      }
  });

  test('of lists take limit and cursor, within limits, and the answers have data and next_cursor', () => {
    const lists = table.filter(([, { query }]) => 'cursor' in shapeOf(query));
    expect(lists.length).toBeGreaterThan(8);
    for (const [name, { query, response }] of lists) {
      expect(query?.parse({}), name).toMatchObject({ limit: 50 });
      expect(query?.parse({ limit: '200' }), name).toMatchObject({ limit: 200 });
      for (const limit of ['0', '201', '1.5', 'many'])
        expect(query?.safeParse({ limit }).success, `${name} ${limit}`).toBe(false);
      expect(Object.keys(shapeOf(response ?? undefined)), name).toEqual(['data', 'next_cursor']);
    }
  });
});
