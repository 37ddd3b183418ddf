/**
 * Writes the site into a folder.
 *
 *     node packages/docs/src/main.ts                 for the server, which has it at /docs
 *     node packages/docs/src/main.ts --out FOLDER    to be hosted elsewhere
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSite } from './build.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const folder = values.out === undefined ? join(import.meta.dirname, '..', 'dist') : resolve(values.out);
const { files, broken } = await buildSite({ dashboard: values.out === undefined ? '/' : null });
if (broken.length > 0) {
  console.error(`Links that lead nowhere:\n${broken.join('\n')}`);
  process.exit(1);
}
// A folder of somebody's own keeps what else is in it.
if (values.out === undefined) rmSync(folder, { recursive: true, force: true });
for (const [path, content] of files) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
console.log(`${files.size} files in ${folder}`);
