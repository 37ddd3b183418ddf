/**
 * Every code block of the documentation is run by a test, or says in its fence why not. What runs what:
 * `sh` guides.db.test.ts · `ts` docs.test.ts · `python` python.db.test.ts · `sql` guides.db.test.ts · the rest here.
 */
import { openApiDocument } from '@countersign/contract';
import { readSources } from '@countersign/docs';
import { readConfig } from '@countersign/server/config';
import { readPolicySource } from '@countersign/server/policies';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readGatewayConfig } from '../packages/adapters/src/gateway/index.ts';
import { COMMANDS } from '../packages/cli/src/commands.ts';
import { type Block, blocksOf, notRun } from './markdown.ts';
import { read } from './repository.ts';

type Place = Block & { readonly file: string; readonly at: string };

const blocks: Place[] = ['README.md', ...readSources().keys()].flatMap((file) =>
  blocksOf(read(file)).map((block) => ({ ...block, file, at: `${file}:${block.line}` })),
);
const run = blocks.filter((block) => notRun(block) === undefined);
const of = (language: string, info?: RegExp): Place[] =>
  run.filter((block) => block.language === language && (info === undefined || info.test(block.info)));

/** How many blocks say that no test runs them. Raise it only for what needs something that is not there. */
const NOT_RUN_MAX = 32;

describe('every block', () => {
  it('has a language that a test runs, or is text', () => {
    const known = new Set(['sh', 'ts', 'python', 'sql', 'json', 'yaml', 'html', 'env', 'text']);
    const odd = run.filter(({ language }) => !known.has(language));
    expect(odd.map(({ at, language }) => `${at} ${language || '(none)'}`)).toEqual([]);
  });

  it('that no test runs says why, and they are few', () => {
    const marked = blocks.filter((block) => notRun(block) !== undefined);
    expect(marked.filter((block) => (notRun(block) ?? '').length < 12).map(({ at }) => at)).toEqual([]);
    expect(marked.length, marked.map(({ at }) => at).join('\n')).toBeLessThanOrEqual(NOT_RUN_MAX);
    expect(run.length).toBeGreaterThan(120);
  });
});

describe('JSON', () => {
  type Body = { requestBody?: { content: { 'application/json': { schema: object } } }; operationId: string };
  const document = openApiDocument() as {
    components: { schemas: Record<string, object> };
    paths: Record<string, Record<string, Body>>;
  };
  /** A schema's name, or an operation's, whose body it then is. */
  const schemaOf = (name: string): { readonly $ref?: string } | undefined =>
    document.components.schemas[name] ??
    Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .find(({ operationId }) => operationId === name)?.requestBody?.content['application/json'].schema;

  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'https://countersign.invalid/', components: document.components });

  it('says which schema it is of, or which other test reads it', () => {
    const known = /^(vector=\w+|mcp-servers|hooks|gateway|example|part of \w+|\w+)$/;
    expect(
      of('json')
        .filter(({ info }) => info === '' || !known.test(info))
        .map(({ at }) => at),
    ).toEqual([]);
  });

  it.each(of('json', /^(part of \w+|[A-Z]\w+)$/).map((block) => [block.at, block] as const))(
    'of %s is what it says',
    (_, block) => {
      const [, isPart, name = ''] = /^(part of )?(\w+)$/.exec(block.info) ?? [];
      const named = schemaOf(name);
      const schema = named?.$ref ? schemaOf(named.$ref.split('/').at(-1) ?? '') : named;
      expect(schema, `${name} is a schema`).toBeDefined();
      const text = JSON.stringify(schema).replaceAll('"#/', '"https://countersign.invalid/#/');
      // Ids are shortened for the reader.
      const value: unknown = JSON.parse(block.text.replaceAll('_…"', '_2dXkP7qRbT4mWvYzA9cEfGhJ3nL"'));
      const validate = ajv.compile({ ...(JSON.parse(text) as object), ...(isPart ? { required: [] } : {}) });
      expect(validate(value) ? [] : validate.errors).toEqual([]);
    },
  );

  it.each(of('json', /^(mcp-servers|hooks)$/).map((block) => [block.at, block] as const))(
    'of %s starts commands that there are',
    (_, block) => {
      JSON.parse(block.text);
      const whole = [...block.text.matchAll(/"command": "countersign ([\w-]+)/g)].map(([, name = '']) => name);
      const apart = [...block.text.matchAll(/"command": "countersign",\s*"args": \["([\w-]+)"/g)].map(
        ([, name = '']) => name,
      );
      expect([...whole, ...apart].length).toBeGreaterThan(0);
      for (const name of [...whole, ...apart]) expect(Object.keys(COMMANDS)).toContain(name);
    },
  );

  it.each(of('json', /^gateway$/).map((block) => [block.at, block] as const))(
    'of %s configures the gateway',
    (_, { text }) => {
      expect(readGatewayConfig(text, { SHOP_TOKEN: 'a token' })).toBeDefined();
    },
  );

  it.each(of('json', /^example$/).map((block) => [block.at, block] as const))('of %s is JSON', (_, { text }) => {
    expect(JSON.parse(text)).toBeDefined();
  });
});

describe('YAML', () => {
  it.each(of('yaml', /^$/).map((block) => [block.at, block] as const))('of %s is a policy', (_, { text }) => {
    expect(readPolicySource(text)).toMatchObject({ ok: true });
  });

  it.each(of('yaml', /^.+$/).map((block) => [block.at, block] as const))(
    'of %s is what it says',
    (_, { info, text }) => {
      expect(['github-actions', 'helm-values']).toContain(info);
      const value = parse(text) as Record<string, unknown>;
      expect(value).toBeTypeOf('object');
      // Values are held against the chart's schema in chart.test.ts.
      if (info === 'github-actions') expect(JSON.stringify(value)).toContain('countersign ask');
    },
  );
});

it.each(of('env').map((block) => [block.at, block] as const))('the settings of %s are good', (_, { text }) => {
  const settings = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='([\s\S]*?)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  expect(Object.keys(settings).length).toBeGreaterThan(0);
  const needed = {
    DATABASE_URL: 'postgresql://countersign@localhost/countersign',
    COUNTERSIGN_SECRET: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    COUNTERSIGN_PUBLIC_URL: 'https://countersign.example.com',
  };
  expect(readConfig({ ...needed, ...settings }, 'start')).toMatchObject({ ok: true });
});

it.each(of('html').map((block) => [block.at, block] as const))(
  'the page of %s loads what the server has',
  (_, { text }) => {
    const element = read('packages/embed/src/countersign-chat.ts');
    expect(text).toMatch(/src="https:\/\/[\w.]+\/embed\/countersign-chat\.js"/);
    const [, attributes = ''] = /<countersign-chat\s([\s\S]*?)>/.exec(text) ?? [];
    const names = [...attributes.matchAll(/([\w-]+)=/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(element).toContain(`'${name}'`);
  },
);
