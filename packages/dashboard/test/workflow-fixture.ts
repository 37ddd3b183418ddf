/** What the journeys through the editor share: the parts of the page, and a tool that gives money back. */
import type { WireWorkflow } from '@countersign/contract';
import type { TestTool } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { DashboardFixture } from './browser-fixture.ts';

export const node = (page: Page, id: string) => page.locator(`.react-flow__node[data-id="${id}"]`);
export const settings = (page: Page) => page.getByRole('region', { name: 'Settings' });
export const state = (page: Page) => page.locator('[data-draft-state]');
export const noProblem = (page: Page) => page.getByText('No problem found').first().waitFor();

export const defineRefund = async ({ app }: DashboardFixture, tool: TestTool): Promise<void> => {
  const made = await app.call(app.one.keys.asking, 'POST', '/v1/tools', {
    name: 'issue_refund',
    description: 'Gives money back.',
    parameters: {
      type: 'object',
      properties: { order_id: { type: 'string' }, amount: { type: 'number' } },
      required: ['order_id', 'amount'],
      additionalProperties: false,
    },
    http: { url: `${tool.url}/refund` },
  });
  expect(made.status, made.text).toBe(201);
};

/** A workflow, published at once. */
export const publish = async ({ app }: DashboardFixture, name: string, nodes: unknown): Promise<WireWorkflow> => {
  const { body, status, text } = await app.call<WireWorkflow>(app.one.keys.asking, 'POST', '/v1/workflows', {
    name,
    definition: { nodes },
  });
  expect(status, text).toBe(201);
  return body;
};

/** The refund workflow as the journeys build it. */
export const REFUND_NODES = [
  { id: 'start', type: 'start', on_success: 'approval' },
  {
    id: 'approval',
    type: 'approval',
    title: 'Refund {{ input.amount }} EUR for {{ input.order_id }}',
    risk: 'reversible',
    on_success: 'refund',
    on_fail: 'refused',
  },
  {
    id: 'refund',
    type: 'tool',
    tool: 'issue_refund',
    arguments: { order_id: '{{ input.order_id }}', amount: '{{ input.amount }}' },
    on_success: 'done',
  },
  { id: 'done', type: 'end' },
  { id: 'refused', type: 'end' },
];
