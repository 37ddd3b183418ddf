/** The public API over HTTP, by a client that outlives the server: it repeats a request until it has an answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '@countersign/contract';

type Credential = 'agent' | 'reviewer';
export type Connection = { readonly url: string; readonly keys: Readonly<Record<Credential, string>> };

export type ApiRequest = {
  readonly as: Credential;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** Of a request that creates or decides. The same for every repeat, so that it takes effect once. */
  readonly key?: string;
};

export type Api = {
  readonly call: <T>(request: ApiRequest) => Promise<T>;
  /** The head of an endless answer; no repeats. */
  readonly open: (request: ApiRequest, signal: AbortSignal) => Promise<Response>;
};

/** The server understood and said no: repeating would not help. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(request: ApiRequest, status: number, problem: Partial<Problem>) {
    super(
      `${request.method} ${request.path}: ${status} ${problem.code ?? ''} ${problem.detail ?? ''} ${JSON.stringify(problem.errors ?? '')}`,
    );
    this.status = status;
    this.code = problem.code ?? '';
  }
}

const REQUEST_TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Answers that say "not now". */
const isPassing = (status: number, code: string | undefined): boolean =>
  status >= 500 ||
  status === 408 ||
  status === 429 ||
  code === 'idempotency_in_progress' ||
  code === 'conversation_busy';

/** @param patienceMs how long a request is repeated before its last failure is thrown */
export const openApi = (connection: () => Connection, patienceMs: number): Api => {
  const send = (request: ApiRequest, signal: AbortSignal): Promise<Response> => {
    const { url, keys } = connection();
    return fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        authorization: `Bearer ${keys[request.as]}`,
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...(request.key !== undefined && { 'idempotency-key': request.key }),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      signal,
    });
  };

  const attempt = async <T>(request: ApiRequest): Promise<{ answer: T } | { failure: Error }> => {
    try {
      const response = await send(request, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
      const text = await response.text();
      if (response.ok) return { answer: JSON.parse(text) as T };
      const problem = parseProblem(text);
      const refusal = new ApiRefusal(request, response.status, problem);
      if (!isPassing(response.status, problem.code)) throw refusal;
      return { failure: refusal };
    } catch (error) {
      if (error instanceof ApiRefusal || !(error instanceof Error)) throw error;
      return { failure: new Error(`${request.method} ${request.path}: ${reasonOf(error)}`) };
    }
  };

  return {
    open: send,
    call: async <T>(request: ApiRequest): Promise<T> => {
      const giveUpAt = Date.now() + patienceMs;
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        const outcome = await attempt<T>(request);
        if ('answer' in outcome) return outcome.answer;
        if (Date.now() > giveUpAt) throw outcome.failure;
        await delay(pauseMs);
      }
    },
  };
};

const parseProblem = (text: string): Partial<Problem> => {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return { detail: text.slice(0, 200) };
  }
};

/** fetch hides what happened to the connection in the cause. */
const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message);
