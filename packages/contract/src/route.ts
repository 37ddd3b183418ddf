/** The shape of one row of the table of routes, from which server, SDK and openapi.json are made. */
import type { Permission } from '@countersign/core';
import type { z } from 'zod';

export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `{name}` for parameters. */
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly tag: string;
  /** What the credential must allow; `public` needs none, `session` a signed-in person. */
  readonly permission: Permission | 'public' | 'session';
  /** For people who are signed in only, whatever a key may do: what governs people, or stands in for their word. */
  readonly person?: true;
  /** For people: what loosens the rules or changes who may sign in is done by whoever has just proved who they are (trust.md, T40). */
  readonly stepUp?: true;
  /** Open to a page's token for the conversation that the path names. */
  readonly chat?: true;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response: z.ZodType | null;
  /** Of success. */
  readonly status: 200 | 201 | 204;
  /** `required`: creates or decides, so a repeat must find the first answer. */
  readonly idempotency?: 'required' | 'optional';
  /** A file of this media type instead of a JSON body. */
  readonly file?: 'application/x-ndjson' | 'text/plain';
  /** Server-sent events of this shape instead of one JSON body. */
  readonly stream?: z.ZodType;
};

export const defineRoutes = <T extends Record<string, Route>>(routes: T): T => routes;

type PathNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | PathNames<Rest> : never;

/** What a caller passes: path parameters, query and body as they are written on the wire. */
export type RouteInput<R extends Route> = {
  readonly [K in PathNames<R['path']>]: string;
} & (R['query'] extends z.ZodType ? { readonly query?: z.input<R['query']> } : unknown) &
  (R['body'] extends z.ZodType ? { readonly body: z.input<R['body']> } : unknown);

export type RouteQuery<R extends Route> = R['query'] extends z.ZodType ? z.output<R['query']> : undefined;
export type RouteBody<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined;
export type RouteParams<R extends Route> = { readonly [K in PathNames<R['path']>]: string };
export type RouteResponse<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : undefined;
