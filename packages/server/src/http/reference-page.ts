/** `/docs/api`: the OpenAPI document as one plain page, without script. */
import { createHash } from 'node:crypto';
import { PROBLEMS, type Route, routes } from '@countersign/contract';
import { z } from 'zod';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const schemaBlock = (label: string, schema: z.ZodType | undefined | null, io: 'input' | 'output'): string => {
  if (!schema) return '';
  const json = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }), null, 2);
  return `<details><summary>${label}</summary><pre>${escape(json)}</pre></details>`;
};

const operation = (name: string, route: Route): string => `
<section id="${name}"><h3><code>${route.method} ${escape(route.path)}</code></h3>
<p>${escape(route.summary)}. ${
  route.permission === 'public'
    ? 'Needs no credential.'
    : route.permission === 'session'
      ? 'Needs a session.'
      : `Needs <code>${route.permission}</code>.`
}${route.idempotency ? ` <code>Idempotency-Key</code>: ${route.idempotency}.` : ''}</p>
${schemaBlock('Query', route.query, 'input')}${schemaBlock('Body', route.body, 'input')}${schemaBlock(
  `Answer ${route.status}${route.stream ? ' (server-sent events)' : ''}`,
  route.stream ?? route.response,
  'output',
)}</section>`;

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:0 auto;padding:1.5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{overflow:auto;padding:1rem;border:1px solid #8886;border-radius:6px;max-height:30rem}
section{border-top:1px solid #8883;padding:.5rem 0}summary{cursor:pointer}table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0}`;

/** The one style sheet that the page's policy lets in. */
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** @returns what answers a request for the page */
export const referencePage = (): (() => Response) => {
  const byTag = Map.groupBy(Object.entries(routes) as [string, Route][], ([, route]) => route.tag);
  const body = [...byTag]
    .map(([tag, entries]) => `<h2>${tag}</h2>${entries.map(([name, route]) => operation(name, route)).join('')}`)
    .join('');
  const problems = Object.entries(PROBLEMS)
    .map(
      ([code, { status, title }]) =>
        `<tr id="problem-${code}"><td><code>${code}</code></td><td>${status}</td><td>${escape(title)}</td></tr>`,
    )
    .join('');
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Countersign API</title><style>${STYLE}</style></head><body><h1>Countersign API</h1>
<p>Machine-readable: <a href="/v1/openapi.json">openapi.json</a>. Credentials: <code>Authorization: Bearer csk_…</code>.</p>
${body}<h2 id="problems">Problems</h2><table><tr><th>code</th><th>status</th><th>title</th></tr>${problems}</table></body></html>`;
  return () =>
    new Response(page, {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      },
    });
};
