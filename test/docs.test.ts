/** The documents are true: examples compile, links lead somewhere, what is cited exists. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, blocksOf, proseOf } from './markdown.ts';
import { ROOT, files, lineOf, read, sources } from './repository.ts';

const documents = files.filter((path) => path.endsWith('.md'));

it('every ts block of every document is right for the compiler', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-docs-'));
  try {
    const names = documents.flatMap((path) =>
      blocksOf(read(path))
        .filter(({ language }) => language === 'ts')
        .map(({ text, line }) => {
          const name = `${path.replaceAll('/', '_')}.${line}.ts`;
          // Moved down to its line in the document, so that an error names it.
          writeFileSync(join(folder, name), `${'\n'.repeat(line - 1)}${text}\n`);
          return name;
        }),
    );
    expect(names.length).toBeGreaterThan(3);
    const options = {
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        paths: { '@countersign/*': [join(ROOT, 'packages/*/src/index.ts')] },
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
      files: names,
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    // For the frameworks, and the adapters' subpaths.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const result = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(`${result.stdout}${result.stderr}`).toBe('');
    expect(result.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('every link to a file or a heading leads to one', () => {
  const broken = documents.flatMap((path) => {
    const prose = proseOf(read(path));
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
      const [target = '', anchor] = (match[1] ?? '').split('#');
      if (/^[a-z]+:/.test(target)) return [];
      const file = target === '' ? path : posix.join(posix.dirname(path), target);
      const isThere = existsSync(join(ROOT, file)) && (anchor === undefined || anchorsOf(read(file)).has(anchor));
      return isThere ? [] : [`${path}:${lineOf(prose, match.index)} ${match[1]}`];
    });
  });
  expect(broken).toEqual([]);
});

/** `core/approval/decide.ts` stands for packages/core/src/approval/decide.ts. */
const resolve = (name: string): string | undefined => {
  const [first = '', ...rest] = name.split('/');
  return [name, `packages/${name}`, `packages/${first}/src/${rest.join('/')}`].find((path) =>
    existsSync(join(ROOT, path)),
  );
};

describe('the specification', () => {
  const specs = ['docs/spec/approval.md', 'docs/spec/execution.md', 'docs/spec/workflow.md'];
  const rows = specs.flatMap((path) =>
    [...read(path).matchAll(/^\| ([IEW]\d+) \|.*\| (.*) \|$/gm)].map(([line, number = '', tests = '']) => ({
      path,
      line,
      number,
      tests,
    })),
  );

  it('numbers its invariants without a gap, and each once', () => {
    for (const letter of ['I', 'E', 'W']) {
      const numbers = rows
        .filter(({ number }) => number.startsWith(letter))
        .map(({ number }) => Number(number.slice(1)));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
    const never = specs.flatMap((path) => [...read(path).matchAll(/^\| (C\d+) \|/gm)].map(([, number]) => number));
    expect(new Set(never).size).toBe(never.length);
  });

  it.each(rows)('has a test that holds $number', ({ tests }) => {
    const cited = [...tests.matchAll(/`([^`]+\.test\.tsx?)`: “([^”]+)”/g)];
    expect(cited.length).toBeGreaterThan(0);
    expect(tests.replaceAll(/`[^`]+`: “[^”]+”/g, '').replaceAll(/[;\s]/g, '')).toBe('');
    for (const [, name = '', title = ''] of cited) {
      const path = resolve(name);
      expect(path, `${name} does not exist`).toBeDefined();
      expect(read(path ?? '').includes(title), `${name} has no test “${title}”`).toBe(true);
    }
  });

  it('names files and functions that exist', () => {
    const missing = [...specs, 'ARCHITECTURE.md', ...documents.filter((path) => path.startsWith('docs/adr/'))].flatMap(
      (path) => {
        const text = read(path);
        const names = [...text.matchAll(/`([a-z]+\/[\w./-]*\w)`/g)].map(([, name = '']) => name);
        const gone = names.filter((name) => resolve(name) === undefined);
        const elsewhere = [...text.matchAll(/`(\w+)`(?:, `(\w+)`)? in `([a-z]+\/[\w./-]+\.ts)`/g)].flatMap(
          ([, first, second, file = '']) => {
            const code = read(resolve(file) ?? path);
            return [first, second]
              .filter((name) => name !== undefined && !new RegExp(`\\b${name}\\b`).test(code))
              .map((name) => `${name} in ${file}`);
          },
        );
        return [...gone, ...elsewhere].map((what) => `${path}: ${what}`);
      },
    );
    expect(missing).toEqual([]);
  });

  it('has every invariant that code cites', () => {
    const known = new Set(rows.map(({ number }) => number));
    const code = [...sources, ...files.filter((path) => path.endsWith('.sql'))];
    const unknown = code.flatMap((path) => {
      const comments = [...read(path).matchAll(/(?:\/\/|\/\*|^\s*\*|--) ?.*$/gm)].map(([comment]) => comment);
      const cited = comments.flatMap((comment) =>
        /trust\.md/.test(comment) ? [] : [...comment.matchAll(/\b([IEW]\d{1,2})\b/g)].map(([, number = '']) => number),
      );
      return cited.filter((number) => !known.has(number)).map((number) => `${path}: ${number}`);
    });
    expect(unknown).toEqual([]);
  });
});

it('every decision record says what, why, what follows and what was refused', () => {
  const records = documents.filter((path) => dirname(path) === 'docs/adr');
  // Numbers are reserved by subject, so there are gaps between them; none is used twice.
  const numbers = records.map((path) => posix.basename(path).slice(0, 4));
  expect(numbers.filter((number) => !/^\d{4}$/.test(number))).toEqual([]);
  expect(numbers).toEqual([...new Set(numbers)]);
  for (const path of records) {
    const text = read(path);
    expect(text, path).toMatch(/^\*\*Status:\*\* /m);
    expect(
      [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
      path,
    ).toEqual(['What', 'Why', 'Consequences', 'Refused']);
    expect(text.split('\n').length, `${path} is longer than a page`).toBeLessThan(75);
  }
});
