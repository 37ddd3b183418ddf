/** The package where there is nothing of Node: bundled for the browser, and run with the web platform's globals alone. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApprovalServer } from './testing/approval-server.ts';
import { createSigner, refundStatement } from './testing/receipts.ts';

const entry = join(import.meta.dirname, 'index.ts');
const rolldown = join(import.meta.dirname, '../../../node_modules/.bin/rolldown');

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sdk-'));
  const file = join(folder, 'sdk.js');
  const options = ['--format', 'iife', '--name', 'countersign', '--platform', 'browser', '-o', file];
  await promisify(execFile)(process.execPath, [rolldown, entry, ...options]);
  bundle = await readFile(file, 'utf8');
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** What browsers, Deno, Bun and edge workers have in common, by their one name in this process. */
const WEB = [
  'AbortController',
  'AbortSignal',
  'Headers',
  'ReadableStream',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'atob',
  'btoa',
  'clearTimeout',
  'crypto',
  'fetch',
  'performance',
  'setTimeout',
] as const;

const runThere = async (script: string, given: Readonly<Record<string, unknown>>): Promise<unknown> => {
  const web = Object.fromEntries(WEB.map((name) => [name, globalThis[name]]));
  const context = createContext({ ...web, Uint8Array, given });
  runInContext(bundle, context);
  return (await runInContext(`(async () => { ${script} })()`, context)) as unknown;
};

test('the bundle names nothing of Node', () => {
  expect(bundle).not.toMatch(/node:|\brequire\(|\bprocess\.|\bBuffer\b/);
});

test('a gate, there: asks, waits, checks, takes', async () => {
  const server = await startApprovalServer();
  const passing = runThere(
    `const client = countersign.createClient({ baseUrl: given.url, apiKey: 'csk_test' });
     const passed = await countersign.gate(client, { tool: 'refund', arguments: { order: 'A17', amount: '40.00' } });
     return JSON.stringify(passed.arguments);`,
    { url: server.url },
  );
  server.decide((await server.asked()).id, 'approved', { arguments: { order: 'A17', amount: '35.00' } });
  expect(await passing).toBe('{"order":"A17","amount":"35.00"}');
  await server.stop();
});

test('a receipt, there: verified offline', async () => {
  const signer = createSigner();
  const given = { receipt: signer.receipt(refundStatement()), keys: signer.keys };
  const verify = `const { statement } = await countersign.verifyReceipt(given.receipt, { keys: given.keys });
    return statement.predicate.decision.outcome;`;
  expect(await runThere(verify, given)).toBe('approved');
  const changed = { ...given, receipt: given.receipt.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) };
  await expect(runThere(verify, changed)).rejects.toMatchObject({ name: 'ReceiptError' });
});
