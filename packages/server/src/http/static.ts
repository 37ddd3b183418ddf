/** The dashboard's files, read once at start; a path without a file is the application's, except under /assets/. */
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
  readonly gzip: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly isHashed: boolean;
};

export type StaticFiles = (request: Request, path: string) => Response;

/** @param folder of the built dashboard; where there is none, a page says how to build it */
export const loadStaticFiles = async (folder: string): Promise<StaticFiles> => {
  const files = new Map<string, File>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length).replaceAll('\\', '/');
    const body = await readFile(full);
    files.set(path.startsWith('/') ? path : `/${path}`, {
      body,
      gzip: gzipSync(body),
      type: TYPES[extname(entry.name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`,
      isHashed: path.includes('assets/'),
    });
  }
  const missing: File = {
    body: Buffer.from('The dashboard has not been built. Run: npm run build\n'),
    gzip: Buffer.alloc(0),
    type: 'text/plain; charset=utf-8',
    etag: '"missing"',
    isHashed: false,
  };

  return (request, path) => {
    const found = files.get(path);
    if (!found && path.startsWith('/assets/'))
      return new Response('Not found\n', { status: 404, headers: { 'content-type': 'text/plain' } });
    const file = found ?? files.get('/index.html') ?? missing;
    const headers: Record<string, string> = {
      'content-type': file.type,
      'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: file.etag,
      vary: 'accept-encoding',
    };
    if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
    const zipped = file.gzip.length > 0 && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
    if (zipped) headers['content-encoding'] = 'gzip';
    return new Response(request.method === 'HEAD' ? null : zipped ? file.gzip : file.body, { status: 200, headers });
  };
};
