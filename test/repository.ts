/** The repository's own files, for the tests that read them as text. Works without git, as in an unpacked archive. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

/** What git ignores, and git itself. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.countersign', 'coverage', 'test-results']);

const walk = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name) || /\.(tsbuildinfo|log)$/.test(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [path] : [];
  });

/** Paths from the root, with slashes. */
export const files: readonly string[] = walk('');

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const sources: readonly string[] = files.filter((path) => /\.tsx?$/.test(path));

/** Tests, and what only tests load: they may reach across packages, and are no part of the product. */
export const isTestOnly = (path: string): boolean =>
  /\.(test|testing)\.tsx?$|\/(testing|fixtures|test)\/|(^|\/)testing\.ts$|^test\//.test(path);

/** Line of the character at this place in the text, from 1. */
export const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;
