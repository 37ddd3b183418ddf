/** Files that are read once at start: the dashboard's, and the documentation's. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

type File = {
  readonly body: Buffer;
  /** Made when it is first asked for, and kept: a start need not wait for what nobody reads. */
  readonly gzip: (() => Buffer) | null;
  readonly type: string;
  readonly etag: string;
};

export type StaticFiles = (request: Request, path: string) => Response;

/** By path, with a slash first. Empty where there is no such folder. */
const filesIn = async (folder: string): Promise<ReadonlyMap<string, File>> => {
  const files = new Map<string, File>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length).replaceAll('\\', '/');
    const body = await readFile(full);
    let zipped: Buffer | undefined;
    files.set(path.startsWith('/') ? path : `/${path}`, {
      body,
      gzip: () => (zipped ??= gzipSync(body)),
      type: TYPES[extname(entry.name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`,
    });
  }
  return files;
};

const missing = (what: string): File => ({
  body: Buffer.from(`${what} has not been built. Run: npm run build\n`),
  gzip: null,
  type: 'text/plain; charset=utf-8',
  etag: '"missing"',
});

const notFound = (): Response =>
  new Response('Not found\n', { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } });

/** @param isForever its name changes with its content */
const answer = (request: Request, file: File, isForever: boolean): Response => {
  const headers: Record<string, string> = {
    'content-type': file.type,
    'cache-control': isForever ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
  const gzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '') ? file.gzip : null;
  if (gzip) headers['content-encoding'] = 'gzip';
  return new Response(request.method === 'HEAD' ? null : gzip ? gzip() : file.body, { status: 200, headers });
};

/** The dashboard: a path without a file is the application's, except under /assets/. @param folder where there is none, a page says how to build it */
export const loadDashboard = async (folder: string): Promise<StaticFiles> => {
  const files = await filesIn(folder);
  return (request, path) => {
    const found = files.get(path);
    if (!found && path.startsWith('/assets/')) return notFound();
    return answer(
      request,
      found ?? files.get('/index.html') ?? missing('The dashboard'),
      found !== undefined && path.includes('assets/'),
    );
  };
};

/** The documentation, under /docs: a page's address may leave out `.html`, and links between pages are relative. */
export const loadDocs = async (folder: string): Promise<StaticFiles> => {
  const files = await filesIn(folder);
  return (request, path) => {
    const inside = path.slice('/docs'.length);
    // Without its slash the first page's links would lead out of the folder.
    if (inside === '') return new Response(null, { status: 308, headers: { location: '/docs/' } });
    if (files.size === 0) return answer(request, missing('The documentation'), false);
    const found = files.get(inside) ?? files.get(`${inside}.html`) ?? files.get(`${inside}index.html`);
    return found ? answer(request, found, false) : notFound();
  };
};
