/** What a handler gets: parsed input, who asks, and a way to a transaction. */
import type { Routes, RouteBody, RouteName, RouteParams, RouteQuery, RouteResponse } from '@countersign/contract';
import type { Engine } from '@countersign/engine';
import type { PageStart, Scope } from '@countersign/store';
import type { Authenticator, Principal } from '../auth/principal.ts';
import type { SingleSignOn } from '../auth/sso.ts';
import type { Config } from '../config.ts';
import type { Cursors } from './cursor.ts';
import type { Problem } from './problem.ts';
import type { Refusals } from './refusals.ts';

export type App = {
  readonly engine: Engine;
  readonly config: Pick<Config, 'publicUrl' | 'host' | 'secret' | 'role' | 'trustedProxies' | 'mcpOauth'>;
  readonly authenticator: Authenticator;
  readonly sso: SingleSignOn;
  readonly cursors: Cursors;
  readonly refusals: Refusals;
};

export type Page = {
  readonly after: PageStart;
  readonly limit: number;
  /** Cuts the one row that is over the limit off, and makes the cursor of what it shows. */
  readonly of: <Row, Wire>(
    rows: readonly Row[],
    place: (row: Row) => readonly [string, string],
    present: (row: Row) => Wire,
  ) => { data: Wire[]; next_cursor: string | null };
};

export type Context<N extends RouteName> = {
  readonly app: App;
  readonly engine: Engine;
  /** The published API in whose words it was asked; null for our own. */
  readonly dialect: string | null;
  readonly params: RouteParams<Routes[N]>;
  readonly query: RouteQuery<Routes[N]>;
  readonly body: RouteBody<Routes[N]>;
  readonly page: Page;
  /** Puts down that a thing was refused among others that were not; an answer that is a Problem is put down anyway. */
  readonly refused: (id: string, problem: Problem) => void;
  readonly request: Request;
  readonly requestId: string;
  /** Where the request comes from. */
  readonly address: string;
  /** Sent with the answer if the work succeeds. */
  readonly setCookie: (cookie: string) => void;
  /** @throws if the route is public: such a handler has no business with it */
  readonly principal: Principal;
};

type Answer<N extends RouteName> = Promise<RouteResponse<Routes[N]> | Problem>;

/** Runs inside one transaction (read-only for GET). A thrown Problem rolls back, a returned one commits. */
export type Handler<N extends RouteName> = (context: Context<N>, scope: Scope) => Answer<N>;

/** Handlers that talk to the world between transactions, or stream: they open their own. */
export type FreeContext<N extends RouteName> = Context<N> & {
  /** The route's one writing transaction, with its Idempotency-Key. */
  readonly commit: (work: (scope: Scope) => Answer<N>) => Promise<Response>;
  readonly reading: <T>(work: (scope: Scope) => Promise<T>) => Promise<T>;
  readonly json: (body: RouteResponse<Routes[N]>, headers?: Record<string, string>) => Response;
};
export type FreeHandler<N extends RouteName> = (context: FreeContext<N>) => Promise<Response>;

export const FREE_ROUTES = [
  'waitForApproval',
  'getApprovalStats',
  'getReceipt',
  'streamExecution',
  'streamEvents',
  'streamConversation',
  'postMessageAndStream',
  'callTool',
  'createMcpServer',
  'syncMcpServer',
  'signIn',
  'signOut',
  'listWorkspaces',
  'switchWorkspace',
  'previewInvitation',
  'acceptInvitation',
  'getSignInWays',
  'signInWithPassword',
  'mailSignInLink',
  'startPasskeySignIn',
  'signInWithPasskey',
  'startSso',
  'finishSso',
  'startStepUp',
  'stepUp',
  'startIdentity',
  'linkIdentity',
  'putPassword',
  'endOtherSessions',
  'exportAudit',
  'getAuditNote',
  'eraseAuditEntry',
  'testChannel',
  'proveChannel',
  'startPhone',
] as const satisfies readonly RouteName[];
export type FreeName = (typeof FREE_ROUTES)[number];

/** A handler for every route, or it does not compile. */
export type Handlers = { readonly [N in Exclude<RouteName, FreeName>]: Handler<N> };
export type FreeHandlers = { readonly [N in FreeName]: FreeHandler<N> };
