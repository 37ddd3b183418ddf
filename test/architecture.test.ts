/** Conventions that a compiler and a linter can not say. ARCHITECTURE.md is one of the inputs: what it says is what holds. */
import { statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { EVENT_TYPES, type Route, routes } from '@countersign/contract';
import { PERMISSIONS } from '@countersign/core';
import { describe, expect, it } from 'vitest';
import { ROOT, files, isTestOnly, lineOf, read, sources } from './repository.ts';

type Manifest = {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
};
const manifestOf = (path: string): Manifest => JSON.parse(read(path)) as Manifest;

const packageOf = (path: string): string | undefined => /^packages\/([a-z]+)\//.exec(path)?.[1];
const packages = [...new Set(files.flatMap((path) => packageOf(path) ?? []))].toSorted();

/** `| packages/x | job | may import |` of ARCHITECTURE.md. */
const MAY_IMPORT = new Map(
  [...read('ARCHITECTURE.md').matchAll(/^\| `packages\/([a-z]+)` \|[^|]*\| ([^|]*) \|$/gm)].map(
    ([, name = '', allowed = '']) => [name, allowed === 'nothing' ? [] : allowed.split(', ')],
  ),
);

/** Static imports and re-exports, and imports of a literal at run time. Imports of types name the same packages. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

type Import = { readonly file: string; readonly at: string; readonly name: string };
const importsOf = (file: string): Import[] => {
  const text = read(file);
  return [...text.matchAll(IMPORT)].map((match) => ({
    file,
    at: `${file}:${lineOf(text, match.index + match[0].length)}`,
    name: match[1] ?? match[2] ?? match[3] ?? '',
  }));
};
const product = sources.filter(
  (path) => path.startsWith('packages/') && !isTestOnly(path) && !path.endsWith('.config.ts'),
);
const imports = product.flatMap(importsOf);

/** A relative import out of its package, and why it may. */
const OUTWARD: Readonly<Record<string, string>> = {
  'packages/server/src/setup/demo.ts':
    'only `dev --demo` loads it: the demo is an example that a user can read and run',
};

/** Packages that take nothing of ours but types. */
const TYPES_ALONE: ReadonlySet<string | undefined> = new Set(['sdk', 'embed']);

describe('imports', () => {
  it('are between packages that ARCHITECTURE.md has in its table', () => {
    expect([...MAY_IMPORT.keys()].toSorted()).toEqual(packages);
  });

  it('follow the table', () => {
    const wrong = imports.filter(({ file, name }) => {
      const other = /^@countersign\/([a-z]+)/.exec(name)?.[1];
      return (
        other !== undefined && other !== packageOf(file) && !MAY_IMPORT.get(packageOf(file) ?? '')?.includes(other)
      );
    });
    expect(wrong.map(({ at, name }) => `${at} ${name}`)).toEqual([]);
  });

  it('between packages go through their names', () => {
    const wrong = imports.filter(({ file, name }) => {
      if (!name.startsWith('.') || file in OUTWARD) return false;
      return !posix.join(posix.dirname(file), name).startsWith(`packages/${packageOf(file)}/`);
    });
    expect(wrong.map(({ at, name }) => `${at} ${name}`)).toEqual([]);
  });

  it('name packages that the own package.json has among its dependencies', () => {
    const wrong = imports.filter(({ file, name }) => {
      if (name.startsWith('.') || name.startsWith('node:') || name.startsWith('virtual:')) return false;
      const manifest = manifestOf(`packages/${packageOf(file)}/package.json`);
      const dependency = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/');
      // The SDK and the chat for other pages have none at run time: the contract's types are erased, and are checked as types.
      const declared = {
        ...manifest.dependencies,
        ...manifest.optionalDependencies,
        ...manifest.peerDependencies,
        ...(TYPES_ALONE.has(packageOf(file)) ? manifest.devDependencies : {}),
      };
      return !(dependency in declared);
    });
    expect(wrong.map(({ at, name }) => `${at} ${name}`)).toEqual([]);
  });

  it('of the SDK and the embedded chat from our packages are types, so that they have no dependency at run time', () => {
    const wrong = product
      .filter((path) => TYPES_ALONE.has(packageOf(path)))
      .filter((path) => /^\s*(?:import|export)\s+(?!type\b)[^;]*?from '@countersign\//m.test(read(path)));
    expect(wrong).toEqual([]);
    for (const name of TYPES_ALONE) expect(manifestOf(`packages/${name}/package.json`).dependencies).toBeUndefined();
  });

  it('in a package.json follow the table too', () => {
    const wrong = packages.flatMap((name) => {
      const declared = Object.keys(manifestOf(`packages/${name}/package.json`).dependencies ?? {});
      return declared.filter(
        (other) => other.startsWith('@countersign/') && !MAY_IMPORT.get(name)?.includes(other.slice(13)),
      );
    });
    expect(wrong).toEqual([]);
  });
});

describe('core', () => {
  const core = product.filter((path) => packageOf(path) === 'core');

  it('imports nothing of Node', () => {
    const builtin = new Set(builtinModules);
    expect(core.flatMap(importsOf).filter(({ name }) => name.startsWith('node:') || builtin.has(name))).toEqual([]);
  });

  it('has no clock, no randomness and no I/O', () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bcrypto\.|\bfetch\(|\bsetTimeout\b|\bconsole\.|\bprocess\./;
    expect(core.filter((path) => impure.test(read(path)))).toEqual([]);
  });
});

/** What reaches the world on an agent's behalf, and from where alone it may be called (trust.md, T8). */
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  // A person trying a tool out does it past every gate, which is recorded as that.
  // A workflow's node takes its approval in tool-node.ts, in the transaction that plans the call.
  callTool: [
    'packages/engine/src/executions/act.ts',
    'packages/engine/src/workflows/call-node.ts',
    'packages/server/src/handlers/tool-calls.ts',
  ],
};

it('T8: calls tools only right after their approval was taken', () => {
  for (const [name, allowed] of Object.entries(EFFECTS)) {
    const callers = product.filter((path) => new RegExp(`\\bawait ${name}\\(`).test(read(path)));
    expect(callers.toSorted()).toEqual([...allowed].toSorted());
  }
  // In the SDK there is one way to the caller's function, and it goes through the gate.
  const acting = product.filter((path) => packageOf(path) === 'sdk' && /\bact\(/.test(read(path)));
  expect(acting).toEqual(['packages/sdk/src/gated.ts']);
});

/** Where SQL is spoken outside of the store, and why. */
const SQL_ELSEWHERE: Readonly<Record<string, string>> = {
  'packages/engine/src/jobs/instance.ts':
    'the one connection that listens and holds the advisory lock; it touches no table',
  'packages/server/src/server.ts': 'readiness asks whether the database answers',
};

it('speaks SQL in the store only', () => {
  const speaking = product.filter(
    (path) => packageOf(path) !== 'store' && /\.query(<[^>]*>)?\(|from 'pg'/.test(read(path)),
  );
  expect(speaking.toSorted()).toEqual(Object.keys(SQL_ELSEWHERE).toSorted());
});

const LINES_MAX = 400;
/** Longer files, and why. */
const LONG: Readonly<Record<string, string>> = {
  'packages/sdk/src/testing/approval-server.ts':
    'the whole contract of approvals as one small server, for tests without a database',
  'packages/server/src/handlers/decisions.db.test.ts': 'every way a decision can go, over HTTP, in one scene',
};

describe('files', () => {
  const hand = sources.filter((path) => !read(path).includes('Generated by `npm run generate`'));

  it(`have at most ${LINES_MAX} lines`, () => {
    const long = hand.filter((path) => read(path).split('\n').length - 1 > LINES_MAX);
    expect(long.toSorted()).toEqual(Object.keys(LONG).toSorted());
  });

  it('are short: half of them under 100 lines, nine in ten under 250', () => {
    const lengths = hand.map((path) => read(path).split('\n').length - 1).toSorted((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThan(250);
  });

  it('say in their name what they are about', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|misc|managers?|services?|shared|lib)(-|\.|$)/;
    const names = sources.filter((path) => vague.test(posix.basename(path))).toSorted();
    expect(names).toEqual(Object.keys(VAGUE).toSorted());
  });

  it('are named in kebab-case', () => {
    const names = sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.tsx?$/.test(posix.basename(path)));
    expect(names).toEqual([]);
  });

  it('named index.ts only re-export', () => {
    const wrong = product
      .filter((path) => posix.basename(path) === 'index.ts')
      .filter(
        (path) =>
          /^(?!export |import |\s|\}|\/[/*]| \*|$)/m.test(read(path)) ||
          /^export (const|function|class|let)/m.test(read(path)),
      );
    expect(wrong).toEqual([]);
  });

  it('have at most one MiB, and hold no path of a machine, no host of a registry and no credential', () => {
    expect(files.filter((path) => statSync(join(ROOT, path)).size > 1024 * 1024)).toEqual([]);
    // Written apart, so that this file does not find itself.
    const secrets = [
      [
        'path of a machine',
        new RegExp(`(^|[\\s"'\`(=])/(${['work', 'home', 'root', 'Users'].join('|')})/[A-Za-z]`, 'm'),
      ],
      ['host of a registry', new RegExp(`registry\\.(${['npmjs', 'yarnpkg', 'npmmirror'].join('|')})\\.`)],
      ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY/],
      [
        'credential',
        new RegExp(
          `\\b(${['AKIA[0-9A-Z]{16}', 'gh[pousr]_[A-Za-z0-9]{36}', 'xox[abpr]-[0-9A-Za-z-]{20}', 'sk-[A-Za-z0-9]{32}'].join('|')})`,
        ),
      ],
      ['API key of ours', /csk_(agt|rev|svc)_[0-9A-Za-z]{49}/],
    ] as const;
    const texts = files.filter((path) => !/\.(png|ico|woff2|webp|jpg)$/.test(path));
    const found = texts.flatMap((path) => {
      const text = read(path);
      return secrets.flatMap(([what, pattern]) => {
        const match = pattern.exec(text);
        return match ? [`${path}:${lineOf(text, match.index)} ${what}`] : [];
      });
    });
    expect(found).toEqual([]);
  });
});

/** Vague names that stay, and why. */
const VAGUE: Readonly<Record<string, string>> = {
  'packages/contract/src/schemas/common.ts': 'what every schema shares: ids, instants, lists',
  'packages/server/src/testing/services.ts': 'the services around the product that a test starts: a model, a tool',
};

describe('the contract', () => {
  const table: [string, Route][] = Object.entries(routes);

  it('T42: names a permission for every route', () => {
    const known = new Set<string>([...PERMISSIONS, 'session', 'public']);
    expect(table.filter(([, { permission }]) => !known.has(permission))).toEqual([]);
  });

  it('opens nothing but signing in and joining without a credential', () => {
    expect(table.filter(([, { permission }]) => permission === 'public').map(([name]) => name)).toEqual([
      'signIn',
      'previewInvitation',
      'acceptInvitation',
      'getSignInWays',
      'signInWithPassword',
      'mailSignInLink',
      'startPasskeySignIn',
      'signInWithPasskey',
      'startSso',
      'finishSso',
    ]);
  });

  it('wants an Idempotency-Key for whatever makes or decides something', () => {
    const without = table.filter(
      ([, route]) => route.method === 'POST' && route.status === 201 && route.idempotency !== 'required',
    );
    expect(without.map(([name]) => name)).toEqual([]);
    expect(routes.decideApproval.idempotency).toBe('required');
  });
});

/** Types that are put together, and what they can be. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  '`execution.${ending.status}`': ['completed', 'failed', 'rejected', 'cancelled', 'expired'].map(
    (status) => `execution.${status}`,
  ),
  '`approval.${decision.outcome}`': ['approval.expired', 'approval.cancelled'],
};

it('appends only events of the contract, and every one of them', () => {
  const families = [...new Set(EVENT_TYPES.map((type) => type.split('.')[0]))].join('|');
  const literal = new RegExp(`'((?:${families})\\.[a-z_]+)'`, 'g');
  const composed = new RegExp(`\`(?:${families})\\.\\$\\{[^}]*\\}\``, 'g');
  const places = product.filter(
    (path) => ['engine', 'server'].includes(packageOf(path) ?? '') && /appendEvent\(|announce\(/.test(read(path)),
  );
  const types = places.flatMap((path) => {
    const text = read(path);
    const whole = [...text.matchAll(literal)].map(([, type = '']) => type);
    return [...whole, ...[...text.matchAll(composed)].flatMap(([template]) => COMPOSED[template] ?? [template])];
  });
  expect([...new Set(types)].toSorted()).toEqual([...EVENT_TYPES].toSorted());
});
