/** The API reference: a page a resource, made from the OpenAPI document. */
import { PROBLEMS } from '@countersign/contract';
import { codeBlock } from '../highlight.ts';
import { type Html, html, prose } from '../html.ts';
import { relativeLink } from '../links.ts';
import type { Heading, Passage } from '../markdown.ts';
import { type Api, type Operation, nameOf, resolved, tagPath } from './document.ts';
import { problemsOf } from './operation-problems.ts';
import { namesIn, parameterTable, schemaTable, type LinkOf } from './schema-table.ts';
import { type Snippet, answerExample, createSnippets } from './snippets.ts';

export type ApiPage = {
  readonly path: string;
  readonly title: string;
  readonly body: Html;
  readonly headings: readonly Heading[];
  readonly passages: readonly Passage[];
};

const OVERVIEW = 'api';

/** Which page describes which shape: that of the resource where it is met first. */
const homesOf = (api: Api): ReadonlyMap<string, string> => {
  const homes = new Map<string, string>();
  const enter = (name: string, tag: string): void => {
    if (name === 'Json' || homes.has(name)) return;
    homes.set(name, tag);
    for (const inner of namesIn(api.schemas[name])) enter(inner, tag);
  };
  for (const { tag, body, answer, parameters } of api.operations) {
    // A body is written out where it is sent; only what it names gets a place.
    const sent = body && nameOf(body) !== undefined ? api.schemas[nameOf(body) ?? ''] : body;
    for (const name of [...namesIn(answer?.schema), ...namesIn(sent), ...namesIn(parameters)]) enter(name, tag);
  }
  return homes;
};

const permissionOf = ({ route }: Operation, path: string): Html => {
  if (route.permission === 'public') return html`Needs no credential.`;
  const link = relativeLink(path, 'reference/permissions');
  const who = route.person || route.permission === 'session' ? html`For people who are signed in` : null;
  const needs = route.permission === 'session' ? null : html`<a href="${link}"><code>${route.permission}</code></a>`;
  return html`${who ?? html`Needs`}${who && needs ? html`, with the permission ` : ' '}${needs}${who ? '.' : html`: a scope of the key, or a permission of the person.`}${
    route.stepUp ? ' People prove once more who they are.' : ''
  }${route.chat ? ' Open to a page’s token for its conversation too.' : ''}`;
};

const idempotencyOf = ({ route }: Operation): Html | '' =>
  route.idempotency === undefined
    ? ''
    : html` <code>Idempotency-Key</code> is ${route.idempotency === 'required' ? 'required from API keys' : 'optional'}.`;

const answerOf = (api: Api, operation: Operation, link: LinkOf): Html => {
  const { answer, status } = operation;
  if (answer === null) return html`<p><code>${status}</code>, without a body.</p>`;
  if (answer.mediaType === 'text/event-stream')
    return html`<p><code>${status}</code> <code>text/event-stream</code>: each event’s data is this.</p>
      ${schemaTable(api, answer.schema, link)}`;
  if (answer.mediaType !== 'application/json')
    return html`<p><code>${status}</code> <code>${answer.mediaType}</code>, a file.</p>`;
  const name = nameOf(answer.schema);
  const address = name === undefined ? undefined : link(name);
  return address === undefined
    ? html`<p><code>${status}</code></p>
        ${schemaTable(api, answer.schema, link)}`
    : html`<p><code>${status}</code> <a href="${address}">${name}</a></p>`;
};

const operationSection = (
  api: Api,
  operation: Operation,
  path: string,
  link: LinkOf,
  snippets: readonly Snippet[],
  example: unknown,
): Html => {
  const parameters = (place: string) => operation.parameters.filter((parameter) => parameter.in === place);
  const inPath = parameters('path');
  const inQuery = parameters('query');
  const inHeader = parameters('header').filter(({ name }) => name !== 'Idempotency-Key');
  const table = (title: string, list: typeof inPath): Html | '' =>
    list.length === 0
      ? ''
      : html`<h4>${title}</h4>
          ${parameterTable(api, list, link)}`;
  return html`<section class="operation" aria-labelledby="${operation.name}">
    <div class="says">
      <h3 id="${operation.name}">${operation.summary}</h3>
      <p class="route">
        <span class="method" data-method="${operation.method}">${operation.method}</span> <code>${operation.path}</code>
      </p>
      <p class="needs">${permissionOf(operation, path)}${idempotencyOf(operation)}</p>
      ${table('Path', inPath)}${table('Query', inQuery)}${table('Headers', inHeader)}
      ${
        operation.body
          ? html`<h4>Body</h4>
              ${schemaTable(api, operation.body, link)}`
          : ''
      }
      <h4>Answer</h4>
      ${answerOf(api, operation, link)}
      <h4>Problems</h4>
      <p class="problems">
        ${problemsOf(operation).map(
          (code, index) =>
            html`${index === 0 ? '' : ' '}<a href="${relativeLink(path, OVERVIEW)}#problem-${code}"
                ><code>${PROBLEMS[code].status} ${code}</code></a
              >`,
        )}
      </p>
    </div>
    <div class="shows">
      <div class="samples" data-tabs>
        ${snippets.map(({ language, label, code }) => codeBlock(code, language, label))}
      </div>
      ${example === undefined ? '' : codeBlock(JSON.stringify(example, null, 2), 'json', `Answer ${operation.status}`)}
    </div>
  </section>`;
};

const wordsOf = (operation: Operation, api: Api): string => {
  const body = operation.body ? Object.keys(resolved(api, operation.body).properties ?? {}) : [];
  const query = operation.parameters.map(({ name }) => name);
  return [operation.method, operation.path, operation.name, ...query, ...body].join(' ');
};

/** What an operation answers, unless the page has shown that before. */
const firstExample = (api: Api, operation: Operation, shown: Set<string>): unknown => {
  const name = operation.answer ? nameOf(operation.answer.schema) : undefined;
  if (name !== undefined && shown.has(name)) return undefined;
  if (name !== undefined) shown.add(name);
  return answerExample(api, operation);
};

const tagPage = (
  api: Api,
  tag: string,
  homes: ReadonlyMap<string, string>,
  snippetsOf: Awaited<ReturnType<typeof createSnippets>>,
): ApiPage => {
  const path = tagPath(tag);
  const link: LinkOf = (name) => {
    const home = homes.get(name);
    if (home === undefined) return undefined;
    return `${home === tag ? '' : relativeLink(path, tagPath(home))}#object-${name}`;
  };
  const operations = api.operations.filter((operation) => operation.tag === tag);
  const shown = new Set<string>();
  const objects = [...homes]
    .filter(([, home]) => home === tag)
    .map(([name]) => name)
    .toSorted();
  const body = html`<h1>${tag}</h1>
    <h2 id="operations">Operations</h2>
    <nav class="operations" aria-label="Operations">
      ${operations.map(
        ({ name, method, path: route, summary }) =>
          html`<a href="#${name}"
            ><span class="method" data-method="${method}">${method}</span><code>${route}</code
            ><span>${summary}</span></a
          >`,
      )}
    </nav>
    ${operations.map((operation) => operationSection(api, operation, path, link, snippetsOf(operation), firstExample(api, operation, shown)))}
    ${objects.length === 0 ? '' : html`<h2 id="objects">Objects</h2>`}
    ${objects.map(
      (name) =>
        html`<section class="object" aria-labelledby="object-${name}">
          <h3 id="object-${name}">${name}</h3>
          ${
            api.schemas[name]?.description ? html`<p>${prose(api.schemas[name]?.description ?? '')}</p>` : ''
          }${schemaTable(api, api.schemas[name] ?? {}, link)}
        </section>`,
    )}`;
  const headings = [
    ...operations.map(({ name, summary }) => ({ level: 3, title: summary, anchor: name })),
    ...(objects.length === 0 ? [] : [{ level: 2, title: 'Objects', anchor: 'objects' }]),
  ];
  const passages = [
    ...operations.map((operation) => ({
      anchor: operation.name,
      title: operation.summary,
      text: wordsOf(operation, api),
    })),
    ...objects.map((name) => ({
      anchor: `object-${name}`,
      title: name,
      text: Object.keys(api.schemas[name]?.properties ?? {}).join(' '),
    })),
  ];
  return { path, title: tag, body, headings, passages };
};

const SETUP: readonly (readonly ['sh' | 'ts' | 'python', string, string])[] = [
  ['sh', 'curl', 'export COUNTERSIGN_URL=http://127.0.0.1:4400\nexport COUNTERSIGN_API_KEY=csk_…'],
  [
    'ts',
    'TypeScript',
    "import { createClient } from '@countersign/sdk';\n\nconst client = createClient({\n  baseUrl: process.env['COUNTERSIGN_URL'] ?? 'http://127.0.0.1:4400',\n  apiKey: process.env['COUNTERSIGN_API_KEY'],\n});",
  ],
  [
    'python',
    'Python',
    'import os\n\nfrom countersign import Client\n\nclient = Client(os.environ["COUNTERSIGN_URL"], os.environ["COUNTERSIGN_API_KEY"])',
  ],
];

const overview = (api: Api): ApiPage => {
  const problems = Object.entries(PROBLEMS).toSorted(([, a], [, b]) => a.status - b.status);
  const body = html`<h1>API reference</h1>
    <p class="lead">
      JSON over HTTP, under <code>/v1</code>. Everything the dashboard does goes through it, and nothing has a way
      around it.
    </p>
    <h2 id="before-the-first-call">Before the first call</h2>
    <p>
      A program sends its key with every request, as <code>Authorization: Bearer csk_…</code>.
      <a href="${relativeLink(OVERVIEW, 'guide/api-keys')}">API keys</a> says how to make one. A person’s browser has a
      session’s cookie instead. Every example below goes on from these lines:
    </p>
    <div class="samples" data-tabs>${SETUP.map(([language, label, code]) => codeBlock(code, language, label))}</div>
    <h2 id="what-holds-everywhere">What holds everywhere</h2>
    <ul>
      <li>
        Names are <code>snake_case</code>, times RFC 3339 in UTC, ids a prefix and a KSUID:
        <code>apr_2dXkP7qRbT4mWvYzA9cEfGhJ3nL</code>.
      </li>
      <li>
        Whatever creates or decides takes an <code>Idempotency-Key</code>. The same key and body give the first answer
        again; the same key with another body is refused.
      </li>
      <li>
        A list answers <code>data</code> and <code>next_cursor</code>, newest first. Ask for the next page with
        <code>cursor</code>, for its length with <code>limit</code> (1 to 200).
      </li>
      <li>A field that is not known is refused, not ignored. A body is at most 1 MiB.</li>
      <li>What is not a success is a <a href="#problems">problem</a> with a <code>code</code> that stays the same.</li>
      <li>
        Where requests come too fast, the answer is 429 with <code>Retry-After</code>; <code>RateLimit</code> says how
        much is left.
      </li>
    </ul>
    <p>The document that these pages are made from is <code>GET /v1/openapi.json</code> of every server.</p>
    <h2 id="resources">Resources</h2>
    <ul class="cards">
      ${api.tags.map((tag) => {
        const own = api.operations.filter((operation) => operation.tag === tag);
        return html`<li>
          <a href="${relativeLink(OVERVIEW, tagPath(tag))}">${tag}</a
          ><span>${own.length} ${own.length === 1 ? 'operation' : 'operations'}</span>
        </li>`;
      })}
    </ul>
    <h2 id="problems">Problems</h2>
    <p>
      The form is RFC 9457, <code>application/problem+json</code>.
      <a href="${relativeLink(OVERVIEW, 'reference/problems')}">Problems</a> has what each member says.
    </p>
    <div class="table" tabindex="0" role="group" aria-label="Problems">
      <table>
        <thead>
          <tr>
            <th scope="col">code</th>
            <th scope="col">status</th>
            <th scope="col">title</th>
          </tr>
        </thead>
        <tbody>
          ${problems.map(
            ([code, { status, title }]) =>
              html`<tr id="problem-${code}">
                <td><code>${code}</code></td>
                <td>${status}</td>
                <td>${title}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  return {
    path: OVERVIEW,
    title: 'API reference',
    body,
    headings: [
      ['Before the first call', 'before-the-first-call'],
      ['What holds everywhere', 'what-holds-everywhere'],
      ['Resources', 'resources'],
      ['Problems', 'problems'],
    ].map(([title = '', anchor = '']) => ({ level: 2, title, anchor })),
    passages: [
      {
        anchor: '',
        title: 'API reference',
        text: 'JSON over HTTP: keys, ids, times, idempotency, lists, problems, limits',
      },
      ...problems.map(([code, { title }]) => ({ anchor: `problem-${code}`, title: code, text: title })),
    ],
  };
};

/** The overview, then a page a resource. */
export const apiPages = async (api: Api): Promise<ApiPage[]> => {
  const homes = homesOf(api);
  const snippets = await createSnippets(api);
  return [overview(api), ...api.tags.map((tag) => tagPage(api, tag, homes, snippets))];
};
