/** The calls of thinnest's reference page, as they are written there, base URL and key aside. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../../testing/index.ts';
import type { TestWorkspace } from '../../testing/workspace.ts';
import { hasCurl, runExample } from '../testing/run-example.ts';
import { holdOutput } from '../testing/send.ts';

const LIST = `curl "https://api.thinnest.ai/approvals?agent_id=agent_abc123&status=pending" \\
  -H "Authorization: Bearer $THINNESTAI_API_KEY"`;
const GET = `curl "https://api.thinnest.ai/approvals/42" \\
  -H "Authorization: Bearer $THINNESTAI_API_KEY"`;
const HISTORY = `curl "https://api.thinnest.ai/approvals?agent_id=agent_abc123&status=completed" \\
  -H "Authorization: Bearer $THINNESTAI_API_KEY"`;
const APPROVE = `# Approve
curl -X POST https://api.thinnest.ai/approvals/42/respond \\
  -H "Authorization: Bearer $THINNESTAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "action": "approve",
    "comment": "Looks good, proceed with sending"
  }'`;
const REJECT = `# Reject
curl -X POST https://api.thinnest.ai/approvals/42/respond \\
  -H "Authorization: Bearer $THINNESTAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "action": "reject",
    "comment": "Wrong email address, please correct"
  }'`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const call = async (workspace: TestWorkspace, example: string) => {
  const text = example.replaceAll('https://api.thinnest.ai', `${app.url}/compat/thinnest`);
  return JSON.parse(await runExample('curl', text, { THINNESTAI_API_KEY: workspace.keys.deciding.secret }));
};

/** So that the next agent that is shown is number 41, and its approval 42. */
const prepare = async (workspace: TestWorkspace): Promise<void> => {
  await app.sql(
    `insert into compat_id (workspace_id, dialect, id, number) values ($1, 'thinnest', 'filler', 40)
     on conflict do nothing`,
    [workspace.id],
  );
  const held = await holdOutput(app, workspace.keys.asking, 'Your order has been confirmed.');
  await app.call(workspace.keys.asking, 'PATCH', `/v1/agents/${held.agent}`, { name: 'agent_abc123' });
};

test.skipIf(!hasCurl)(
  'listing, reading, approving, and the history',
  async () => {
    await prepare(app.one);
    const listed = await call(app.one, LIST);
    expect(listed.data).toMatchObject([{ id: 42, agent_id: 41, status: 'pending' }]);
    expect(await call(app.one, GET)).toEqual(listed.data[0]);
    expect((await call(app.one, HISTORY)).data).toEqual([]);
    const approved = await call(app.one, APPROVE);
    expect(approved).toMatchObject({ id: 42, status: 'approved', comment: 'Looks good, proceed with sending' });
    expect(await call(app.one, APPROVE)).toEqual({ detail: expect.stringContaining('approved'), status: 400 });
    expect((await call(app.one, HISTORY)).data).toEqual([approved]);
    expect((await call(app.one, LIST)).data).toEqual([]);
  },
  60_000,
);

test.skipIf(!hasCurl)(
  'rejecting',
  async () => {
    await prepare(app.two);
    await call(app.two, LIST);
    expect(await call(app.two, REJECT)).toMatchObject({
      id: 42,
      status: 'rejected',
      comment: 'Wrong email address, please correct',
    });
  },
  60_000,
);
