import type { Problem, WireWorkflow, WireWorkflowVersion } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const definition = (output: string) => ({
  nodes: [
    { id: 'start', type: 'start', on_success: 'done' },
    { id: 'done', type: 'end', output },
  ],
});

test('of two who publish from the same version one is told, and nothing of it is saved', async () => {
  const builder = app.one.people.owner;
  const { body: workflow } = await app.call<WireWorkflow>(builder, 'POST', '/v1/workflows', {
    name: 'Two at once',
    definition: definition('first'),
  });
  const publish = (output: string, basedOn: number) =>
    app.call<WireWorkflowVersion & Problem>(builder, 'POST', `/v1/workflows/${workflow.id}/versions`, {
      definition: definition(output),
      based_on: basedOn,
    });
  const answers = await Promise.all([publish('mine', 1), publish('theirs', 1)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.body).toMatchObject({ code: 'version_outdated', current_version: 2 });
  const versions = await app.call<{ data: unknown[] }>(builder, 'GET', `/v1/workflows/${workflow.id}/versions`);
  expect(versions.body.data).toHaveLength(2);
  expect((await publish('mine', 2)).status).toBe(201);
  expect((await publish('mine', 0)).body.current_version).toBe(3);
});
