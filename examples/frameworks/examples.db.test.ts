/** The examples, each started as its own process. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Scene, startScene } from '../../packages/adapters/src/testing/scene.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let scene: Scene;
let folder: string;
beforeAll(async () => {
  scene = await startScene();
  folder = mkdtempSync(join(tmpdir(), 'cs-frameworks-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await scene.stop();
});

const run = async (example: string, ...args: string[]): Promise<string> => {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    COUNTERSIGN_URL: scene.server.url,
    COUNTERSIGN_API_KEY: scene.server.agent_key,
    MODEL_URL: scene.modelUrl,
    ANTHROPIC_BASE_URL: new URL(scene.modelUrl).origin,
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    STATE_FILE: join(folder, `${example}.db`),
  };
  const file = join(import.meta.dirname, example, 'agent.ts');
  const running = promisify(execFile)(process.execPath, [file, ...args], { env, cwd: folder });
  running.child.stdin?.end();
  return (await running).stdout;
};

test('claude-agent-sdk waits in the process', async () => {
  const running = run('claude-agent-sdk', scene.plan({ tool: 'refund', order: 'claude' }));
  await scene.decide('claude', 'approved', { arguments: { order: 'claude', cents: 2000 } });
  expect(await running).toBe('refunded 2000 cents for claude\nDone.\n');
});

test('mastra is suspended, says that it still waits, and goes on in another process', async () => {
  expect(await run('mastra', 'start', scene.plan({ tool: 'refund', order: 'mastra' }))).toBe('waiting\n');
  expect(await run('mastra', 'go-on')).toBe('still waiting\n');
  await scene.decide('mastra', 'approved', { arguments: { order: 'mastra', cents: 2000 } });
  expect(await run('mastra', 'go-on')).toBe('refunded 2000 cents for mastra\nDone.\n');
});
