/** The examples with agent frameworks: each started as its own process, stopped, and gone on with after a decision. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Scene, startScene } from '../packages/adapters/src/testing/scene.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let scene: Scene;
let folder: string;
beforeAll(async () => {
  scene = await startScene();
  folder = mkdtempSync(join(tmpdir(), 'cs-examples-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await scene.stop();
});

const run = async (example: string, ...args: string[]): Promise<string> => {
  const env = {
    PATH: process.env['PATH'],
    COUNTERSIGN_URL: scene.server.url,
    COUNTERSIGN_API_KEY: scene.server.agent_key,
    MODEL_URL: scene.modelUrl,
    STATE_FILE: join(folder, `${example}.json`),
  };
  const file = join(import.meta.dirname, example, 'agent.ts');
  return (await promisify(execFile)(process.execPath, [file, ...args], { env })).stdout;
};

test.each(['ai-sdk', 'openai-agents'])(
  '%s stops, says that it still waits, and goes on in another process',
  async (name) => {
    expect(await run(name, 'start', scene.plan({ tool: 'refund', order: name }))).toContain('waiting: ');
    expect(await run(name, 'go-on')).toContain('still waiting: ');
    await scene.decide(name, 'approved', { arguments: { order: name, cents: 2000 } });
    expect(await run(name, 'go-on')).toBe(`refunded 2000 cents for ${name}\nDone.\n`);
  },
);

test('langchain is interrupted, and goes on', async () => {
  const running = run('langchain', scene.plan({ tool: 'refund', order: 'langchain' }));
  await scene.decide('langchain', 'approved');
  expect(await running).toMatch(/^waiting: .*\nrefunded 4000 cents for langchain\nDone\.\n$/);
});
