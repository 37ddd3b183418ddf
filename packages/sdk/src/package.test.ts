/** What a user of the package gets: what is loaded, and whether the README is true. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApprovalServer } from './testing/approval-server.ts';

const run = promisify(execFile);
const packageRoot = join(import.meta.dirname, '..');
const repository = join(packageRoot, '../..');
const entry = join(packageRoot, 'src/index.ts');

let folder: string;
let examples: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sdk-'));
  const readme = await readFile(join(packageRoot, 'README.md'), 'utf8');
  examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
});
afterAll(() => rm(folder, { recursive: true }));

test('nothing outside the package is loaded at run time: no zod, no contract, nothing of Node', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); loaded.push(found.url); return found; } });
    await import(${JSON.stringify(pathToFileURL(entry).href)});
    console.log(JSON.stringify(loaded));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  const loaded = JSON.parse(stdout) as string[];
  const inside = pathToFileURL(join(packageRoot, 'src')).href;
  expect(loaded.length).toBeGreaterThan(10);
  expect(loaded.filter((url) => !url.startsWith(inside))).toEqual([]);
});

test('has no run-time dependency', async () => {
  const manifest = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest['dependencies'] ?? {}).toEqual({});
});

test('compiles where there is nothing but the web platform', async () => {
  await expect(run(join(repository, 'node_modules/.bin/tsc'), ['-p', packageRoot])).resolves.toBeDefined();
}, 60_000);

test('the examples of the README compile', async () => {
  expect(examples.length).toBeGreaterThan(3);
  const config = {
    extends: join(repository, 'tsconfig.base.json'),
    compilerOptions: {
      typeRoots: [join(repository, 'node_modules/@types')],
      paths: { '@countersign/sdk': [entry] },
      noPropertyAccessFromIndexSignature: false,
    },
    include: ['*.ts'],
  };
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  await Promise.all(examples.map((code, index) => writeFile(join(folder, `example-${index}.ts`), code)));
  const problems = await run(join(repository, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  );
  expect(problems.stdout).toBe('');
}, 60_000);

test('the first example of the README does what it says', async () => {
  const server = await startApprovalServer();
  const file = join(folder, 'run.ts');
  await writeFile(file, (examples[0] ?? '').replace("'@countersign/sdk'", JSON.stringify(pathToFileURL(entry).href)));
  const env = { ...process.env, COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: 'csk_test' };
  const running = run(process.execPath, [file], { env });
  server.decide((await server.asked()).id, 'approved', { arguments: { order: 'A17', amount: '35.00' } });
  expect((await running).stdout).toBe('refunding 35.00 for A17, allowed by Robin\n');
  await server.stop();
}, 60_000);
