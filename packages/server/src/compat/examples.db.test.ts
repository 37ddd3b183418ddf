/** The examples that PromptRails and AgentFlow publish, as they are written there but for import, base URL, key and ids. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineAgent, startModel, until } from '../testing/services.ts';
import { type TestApp, startTestServer } from '../testing/test-app.ts';
import type { TestKey } from '../testing/workspace.ts';
import { createPromptRails } from './testing/promptrails-client.ts';
import { holdOutput } from './testing/send.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

/** A fresh machine needs nothing but Node; where there is no Python, what is for it is left out, and says so. */
const hasPython = spawnSync('python3', ['--version']).status === 0;

/** @returns what it printed */
const python = (script: string, key: TestKey): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', script], {
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: join(import.meta.dirname, '../../../../clients/python/src'),
        COUNTERSIGN_URL: app.url,
        COUNTERSIGN_API_KEY: key.secret,
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
  });

const CLIENT = `import os
from countersign.compat.promptrails import PromptRails
client = PromptRails(api_key=os.environ["COUNTERSIGN_API_KEY"], base_url=os.environ["COUNTERSIGN_URL"])
`;
const promptrails = (example: string, key: TestKey): Promise<string> => python(CLIENT + example, key);

/** Theirs are written where \`await\` stands by itself. */
const agentflow = (example: string, key: TestKey): Promise<string> =>
  python(
    `import asyncio
import countersign.compat.agentflow as af

async def main():
${example.replace(/^/gm, '    ')}

asyncio.run(main())`,
    key,
  );

const askFor = async (tool: string, args: Record<string, unknown>): Promise<string> => {
  const { asking } = app.one.keys;
  const asked = await app.call<{ id: string }>(asking, 'POST', '/v1/approvals', { tool, arguments: args });
  return `appr_${asked.body.id.slice(4)}`;
};

const statusOf = async (shown: string): Promise<string> =>
  (await app.call<{ status: string }>(app.one.keys.reading, 'GET', `/v1/approvals/apr_${shown.slice(-27)}`)).body
    .status;

describe('PromptRails', () => {
  test.skipIf(!hasPython)('enabling approvals with the SDK', async () => {
    const model = await startModel([{ text: 'Dear customer' }]);
    const agent = await defineAgent(app, app.one.keys.asking, model, {});
    await promptrails(
      `client.agents.create_version(
    agent_id="${agent.id.slice(4)}",
    config={
        "approval_required": True,
        "checkpoint_name": "review_response",
        "temperature": 0.7
    },
    message="Added approval requirement for customer responses"
)`,
      app.one.keys.asking,
    );
    const run = await app.call<{ id: string }>(app.one.keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, {
      input: 'Go',
    });
    const read = () => app.call<{ status: string }>(app.one.keys.reading, 'GET', `/v1/executions/${run.body.id}`);
    await until(read, ({ body }) => body.status === 'awaiting_approval');
    await model.close();
  });

  test.skipIf(!hasPython)('approve and reject', async () => {
    const [good, bad] = [
      await holdOutput(app, app.one.keys.asking, 'Accurate'),
      await holdOutput(app, app.one.keys.asking, 'Wrong price'),
    ];
    await promptrails(
      `# Approve
client.approvals.decide(
    approval_id="${good.approval.slice(4)}",
    decision="approved",
    reason="Response looks accurate and appropriate"
)

# Reject
client.approvals.decide(
    approval_id="${bad.approval.slice(4)}",
    decision="rejected",
    reason="Response contains inaccurate pricing information"
)`,
      app.one.keys.deciding,
    );
    expect([await statusOf(good.approval), await statusOf(bad.approval)]).toEqual(['approved', 'rejected']);
  });

  test.skipIf(!hasPython)('listing what is pending, in Python', async () => {
    const held = await holdOutput(app, app.one.keys.asking, 'Listed');
    const printed = await promptrails(
      `# List pending approvals
approvals = client.approvals.list(status="pending")

for approval in approvals["data"]:
    print(f"ID: {approval['id']}")
    print(f"Agent: {approval['agent_id']}")
    print(f"Checkpoint: {approval['checkpoint_name']}")
    print(f"Created: {approval['created_at']}")
    print(f"Payload: {approval['payload']}")
    print("---")`,
      app.one.keys.reading,
    );
    expect(printed).toContain(
      `ID: ${held.approval.slice(4)}\nAgent: ${held.agent.slice(4)}\nCheckpoint: review_response\n`,
    );
    expect(printed).toContain('Payload: Listed\n---\n');
  });

  test('listing what is pending, in JavaScript', async () => {
    await holdOutput(app, app.one.keys.asking, 'Listed');
    const client = createPromptRails({
      apiKey: app.one.keys.reading.secret,
      baseUrl: `${app.url}/compat/promptrails`,
    });
    const lines: string[] = [];

    const approvals = await client.approvals.list({ status: 'pending' });

    for (const approval of approvals.data) {
      lines.push(`${approval.checkpoint_name} - ${approval.created_at}`);
    }

    expect(lines).toContainEqual(expect.stringMatching(/^review_response - \d{4}-\d{2}-\d{2}T.*Z$/));
  });
});

describe('AgentFlow', () => {
  test.skipIf(!hasPython)('listing what is pending, and retrieving one', async () => {
    const id = await askFor('send_email', { to: 'a@b.example', subject: 'Hi' });
    const printed = await agentflow(
      `# All pending approvals
pending = await af.Approval.list_pending()

for approval in pending:
    print(f"{approval.tool_name} {approval.status} — args: {approval.arguments}")

approval = await af.Approval.get("${id}")

print(approval.tool_name)       # "send_email"
print(approval.agent_id)        # "agent_456"
print(approval.arguments)       # {"to": "...", "subject": "..."}
print(approval.conversation_id) # "conv_789"
print(type(approval.created_at).__name__, approval.expires_at)`,
      app.one.keys.reading,
    );
    expect(printed).toMatch(/^send_email pending — args: \{.*'to': 'a@b\.example'.*\}$/m);
    expect(printed).toMatch(/datetime None\n$/);
  });

  test.skipIf(!hasPython)('approving and denying with a reason', async () => {
    const [yes, no] = [
      await askFor('send_email', { to: 'a@b.example' }),
      await askFor('send_email', { to: 'x@y.example' }),
    ];
    const printed = await agentflow(
      `approval = await af.Approval.get("${yes}")
# Approve with a reason
await approval.approve(reason="Looks good, send it")
print(approval.status)
approval = await af.Approval.get("${no}")
# Deny with a reason
await approval.deny(reason="Wrong recipient")
print(approval.status)`,
      app.one.keys.deciding,
    );
    expect(printed).toBe('approved\ndenied\n');
    expect([await statusOf(yes), await statusOf(no)]).toEqual(['approved', 'rejected']);
  });

  test.skipIf(!hasPython)('withdrawing, by who asked', async () => {
    const id = await askFor('send_email', { to: 'a@b.example' });
    await agentflow(
      `approval = await af.Approval.get("${id}")
# Cancel (withdraw the request)
await approval.cancel()`,
      app.one.keys.asking,
    );
    expect(await statusOf(id)).toBe('cancelled');
  });

  test.skipIf(!hasPython)('many at once, then the figures of the tool and of all', async () => {
    const tool = `bulk_${Math.random().toString(36).slice(2)}`;
    const ids = [await askFor(tool, { n: 1 }), await askFor(tool, { n: 2 }), await askFor(tool, { n: 3 })];
    const printed = await agentflow(
      `# Approve or deny multiple approvals at once
await af.Approval.bulk_respond([
    {"id": "${ids[0]}", "action": "approve", "reason": "Approved"},
    {"id": "${ids[1]}", "action": "deny", "reason": "Incorrect parameters"},
    {"id": "${ids[2]}", "action": "approve"},
])

# Per-tool approval stats
stats = await af.Approval.get_stats(tool_id="${tool}")
print(f"Approved: {stats['approved']}, Denied: {stats['denied']}")

# Dashboard summary across all tools
summary = await af.Approval.get_summary()
print(f"Pending: {summary['pending']}, Total: {summary['total']}")`,
      app.one.keys.deciding,
    );
    expect(printed).toMatch(/^Approved: 2, Denied: 1\nPending: \d+, Total: \d+\n$/);
    expect(await Promise.all(ids.map(statusOf))).toEqual(['approved', 'rejected', 'approved']);
  });
});
