/** Somebody's browser without the browser: keeps cookies, and sends what a page of ours would send. */
import { faultOf } from './check-answer.ts';
import type { Answer, TestServer } from './test-app.ts';

export type Visitor = {
  /** At a name, to which passkeys can be bound: `http://localhost:…`. */
  readonly origin: string;
  readonly cookies: Map<string, string>;
  readonly call: <Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer<Body>>;
};

export const createVisitor = (server: TestServer): Visitor => {
  const origin = server.url.replace('127.0.0.1', 'localhost');
  const cookies = new Map<string, string>();
  return {
    origin,
    cookies,
    call: async <Body>(
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      const response = await fetch(origin + path, {
        method,
        headers: {
          origin,
          'sec-fetch-site': 'same-origin',
          'user-agent': 'A test browser',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [name = '', value = ''] = cookie.split(';')[0]?.split('=', 2) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const text = await response.text();
      const fault = faultOf({ method, path }, { status: response.status, headers: response.headers, text });
      if (fault) throw new Error(`${method} ${path}: ${fault}\n${text}`);
      return {
        status: response.status,
        body: (text === '' ? null : JSON.parse(text)) as Body,
        text,
        headers: response.headers,
      };
    },
  };
};
