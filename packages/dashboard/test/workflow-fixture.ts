/** What the journeys through the editor share. */
import type { WireWorkflow } from '@countersign/contract';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { DashboardFixture } from './browser-fixture.ts';

export const node = (page: Page, id: string) => page.locator(`.react-flow__node[data-id="${id}"]`);
export const settings = (page: Page) => page.getByRole('region', { name: 'Settings' });
export const state = (page: Page) => page.locator('[data-draft-state]');
export const noProblem = (page: Page) => page.getByText('No problem found').first().waitFor();

/** A workflow, published at once. */
export const publish = async ({ app }: DashboardFixture, name: string, nodes: unknown): Promise<WireWorkflow> => {
  const { body, status, text } = await app.call<WireWorkflow>(app.one.keys.asking, 'POST', '/v1/workflows', {
    name,
    definition: { nodes },
  });
  expect(status, text).toBe(201);
  return body;
};
