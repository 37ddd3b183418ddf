import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../tools/generate.ts';

const root = join(import.meta.dirname, '..');

test.each([...generatedFiles()])('%s is what `npm run generate` writes', async (path, text) => {
  expect(await readFile(join(root, path), 'utf8')).toBe(text);
});
