/** One operation, called from a shell, from TypeScript and from Python. A test checks what they carry against the contract's schemas. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@countersign/sdk';
import { ROOT } from '../sources.ts';
import { type Api, type Operation, resolved } from './document.ts';
import { exampleOf } from './example-value.ts';
import { QUERIES, SAMPLES } from './samples.ts';

export type Snippet = { readonly language: 'sh' | 'ts' | 'python'; readonly label: string; readonly code: string };

export type Example = {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number>>;
  readonly body: unknown;
};

/** Ids in paths, by what the path before them names. */
const PREFIXES: Readonly<Record<string, string>> = {
  approvals: 'apr',
  agents: 'agt',
  tools: 'tol',
  'mcp-servers': 'mcp',
  workflows: 'wfl',
  schedules: 'sch',
  triggers: 'trg',
  executions: 'exe',
  conversations: 'cnv',
  'api-keys': 'key',
  members: 'usr',
  groups: 'grp',
  delegations: 'dlg',
  invitations: 'inv',
  policies: 'pol',
  grants: 'grt',
  'signing-keys': 'sgc',
  views: 'viw',
  sessions: 'ses',
  passkeys: 'psk',
  'channel-identities': 'chi',
  audit: 'evt',
  channels: 'chn',
  deliveries: 'dlv',
};
const NAMED: Readonly<Record<string, string>> = { version: '2', name: 'berlin-office', provider: 'google' };

export const pathExample = (path: string): Record<string, string> => {
  const parts = path.split('/');
  return Object.fromEntries(
    [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
      const before = parts[parts.indexOf(`{${name}}`) - 1] ?? '';
      if (path.startsWith('/v1/secrets')) return [name, 'SHOP_TOKEN'];
      return [name, NAMED[name] ?? `${PREFIXES[before] ?? 'obj'}_2dXkP7qRbT4mWvYzA9cEfGhJ3nL`];
    }),
  );
};

export const exampleFor = (api: Api, operation: Operation): Example => ({
  path: pathExample(operation.path),
  query: (QUERIES[operation.name] ?? {}) as Record<string, string | number>,
  body:
    operation.body === null
      ? undefined
      : (SAMPLES[operation.name] ?? exampleOf(api, operation.body, { isWhole: false })),
});

/** What answers: JSON, where it answers with that. */
export const answerExample = (api: Api, { answer }: Operation): unknown =>
  answer === null || answer.mediaType !== 'application/json'
    ? undefined
    : exampleOf(api, answer.schema, { isWhole: true });

const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');

const isForPeople = ({ route }: Operation): boolean =>
  route.person === true || route.permission === 'session' || route.permission === 'public';

const curl = (operation: Operation, { path, query, body }: Example): string => {
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const address = `$COUNTERSIGN_URL${filled(operation.path, path)}${search.length > 0 ? `?${search.join('&')}` : ''}`;
  const { route } = operation;
  const lines = [
    `curl${operation.method === 'GET' ? '' : ` -X ${operation.method}`}${route.stream ? ' --no-buffer' : ''} "${address}"`,
    ...(route.permission === 'public'
      ? []
      : [
          isForPeople(operation)
            ? '-b "$COUNTERSIGN_COOKIE" -H "Origin: $COUNTERSIGN_URL"'
            : '-H "Authorization: Bearer $COUNTERSIGN_API_KEY"',
        ]),
    ...(route.idempotency ? [`-H "Idempotency-Key: ${operation.name}-1"`] : []),
    ...(body === undefined
      ? []
      : [
          '-H "Content-Type: application/json"',
          `-d '${JSON.stringify(body, null, 2).replaceAll("'", String.raw`'\''`)}'`,
        ]),
  ];
  return lines.join(' \\\n  ');
};

/** JavaScript as a person writes it: names without quotes, single quotes. */
const literal = (value: unknown, indent = ''): string => {
  const deeper = `${indent}  `;
  if (typeof value === 'string')
    return `'${JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(String.raw`\"`, '"')
      .replaceAll("'", String.raw`\'`)}'`;
  if (Array.isArray(value)) {
    const items = value.map((item) => literal(item, deeper));
    const line = `[${items.join(', ')}]`;
    return line.length < 70 && !line.includes('\n')
      ? line
      : `[\n${items.map((item) => `${deeper}${item},\n`).join('')}${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${/^[a-z_]\w*$/i.test(name) ? name : `'${name}'`}: ${literal(member, deeper)}`,
  );
  const line = members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  return line.length < 60 && !line.includes('\n')
    ? line
    : `{\n${members.map((member) => `${deeper}${member},\n`).join('')}${indent}}`;
};

type Method = (...args: readonly unknown[]) => unknown;

const methodsIn = (value: object, path: string): [string, Method][] =>
  Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    if (typeof member === 'function') return [[`${path}${name}`, member as Method] as [string, Method]];
    return typeof member === 'object' && member !== null ? methodsIn(member, `${path}${name}.`) : [];
  });

/** By operation's method and path, where the client has it: found by asking the client itself. */
const clientMethods = async (): Promise<ReadonlyMap<string, string>> => {
  let asked = '';
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    asked = `${init?.method} ${new URL(url instanceof Request ? url.url : url).pathname.replaceAll(/id_\d/g, '{}')}`;
    return Promise.resolve(new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } }));
  };
  const client = createClient({ baseUrl: 'http://countersign.invalid', apiKey: 'csk_1', fetch, retries: 0 });
  const methods = new Map<string, string>();
  for (const [path, method] of methodsIn(client, '')) {
    asked = '';
    await (async () => {
      const answer = method('id_1', 'id_2');
      if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer)
        await (answer as AsyncGenerator).next();
      else await answer;
    })().catch(() => undefined);
    // The plain method of a list is there before the one that goes through its pages.
    if (asked !== '' && !methods.has(asked)) methods.set(asked, path);
  }
  return methods;
};

/** By operation, as `npm run generate` wrote it down: resource and method. */
const pythonMethods = (): ReadonlyMap<string, string> => {
  const text = readFileSync(join(ROOT, 'clients/python/src/countersign/_api/operations.py'), 'utf8');
  return new Map(
    [...text.matchAll(/"(\w+)": \("\w+", "[^"]+", "(\w+)", "(\w+)"\)/g)].map(([, name = '', resource, method]) => [
      name,
      `${resource}.${method}`,
    ]),
  );
};

const STREAMS_TS: Readonly<Record<string, string>> = {
  postMessageAndStream: "client.conversations.say('cnv_2dXkP7qRbT4mWvYzA9cEfGhJ3nL', 'Order A17 arrived broken.')",
};

const typescript = (operation: Operation, { path, query, body }: Example, method: string): string => {
  const ids = Object.entries(path).map(([name, value]) => (name === 'version' ? value : literal(value)));
  if (operation.route.stream) {
    const call = STREAMS_TS[operation.name] ?? `client.${method}(${ids.join(', ')})`;
    return `for await (const event of ${call}) {\n  console.log(event);\n}`;
  }
  const wait = operation.name === 'waitForApproval' ? ['{ timeoutSeconds: 60 }'] : null;
  const input = wait ?? [
    ...(body === undefined ? [] : [literal(body)]),
    ...(Object.keys(query).length === 0 ? [] : [literal(query)]),
  ];
  const call = `await client.${method}(${[...ids, ...input].join(', ')});`;
  return operation.answer === null ? call : `const answer = ${call}`;
};

const PYTHON_KEYWORDS = new Set([
  'from',
  'import',
  'class',
  'def',
  'pass',
  'in',
  'is',
  'not',
  'with',
  'as',
  'global',
  'lambda',
]);

const pythonLiteral = (value: unknown, indent: string): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const deeper = `${indent}    `;
  const isList = Array.isArray(value);
  const members = isList
    ? value.map((item) => pythonLiteral(item, deeper))
    : Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${pythonLiteral(member, deeper)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const line = `${open}${members.join(', ')}${close}`;
  return line.length < 60 && !line.includes('\n')
    ? line
    : `${open}\n${members.map((member) => `${deeper}${member},\n`).join('')}${indent}${close}`;
};

const python = (api: Api, operation: Operation, { path, query, body }: Example, method: string): string => {
  const keyword = ([name, value]: [string, unknown]): string =>
    `${PYTHON_KEYWORDS.has(name) ? `${name}_` : name}=${pythonLiteral(value, '    ')}`;
  const isKeywords = operation.body !== null && resolved(api, operation.body).properties !== undefined;
  const wait = operation.name === 'waitForApproval';
  const args = [
    ...Object.values(path).map((value) => JSON.stringify(value)),
    ...(body !== undefined && !isKeywords ? [pythonLiteral(body, '    ')] : []),
    ...(wait ? ['timeout_seconds=60'] : Object.entries(query).map(keyword)),
    ...(isKeywords ? Object.entries(body as object).map(keyword) : []),
  ];
  const line = `client.${method}(${args.join(', ')})`;
  const call =
    line.length < 80 && !line.includes('\n')
      ? line
      : `client.${method}(\n${args.map((arg) => `    ${arg},\n`).join('')})`;
  if (operation.route.stream) return `for event in ${call}:\n    print(event)`;
  return operation.answer === null ? call : `answer = ${call}`;
};

/** @returns the examples of an operation; in TypeScript and Python, where a program is what calls it */
export const createSnippets = async (api: Api): Promise<(operation: Operation) => Snippet[]> => {
  const inTypeScript = await clientMethods();
  const inPython = pythonMethods();
  return (operation) => {
    const example = exampleFor(api, operation);
    const ts = inTypeScript.get(`${operation.method} ${operation.path.replaceAll(/\{\w+\}/g, '{}')}`);
    const py = inPython.get(operation.name);
    const isForPrograms = !isForPeople(operation);
    return [
      { language: 'sh', label: 'curl', code: curl(operation, example) },
      ...(isForPrograms && ts !== undefined
        ? [{ language: 'ts' as const, label: 'TypeScript', code: typescript(operation, example, ts) }]
        : []),
      ...(isForPrograms && py !== undefined
        ? [{ language: 'python' as const, label: 'Python', code: python(api, operation, example, py) }]
        : []),
    ];
  };
};
