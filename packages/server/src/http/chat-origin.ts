/** Pages of other people: which of them may call, with which token, and what. Nobody, unless a token says so (ADR 0055). */
import type { Route } from '@countersign/contract';
import type { Database } from '@countersign/store';
import { isOriginOfConversation } from '@countersign/store';
import { CHAT_PREFIX } from '../auth/keys.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem, notFound } from './problem.ts';

/** @throws Problem unless a page's token is used for its own conversation, from its own page */
export const holdToChat = (
  principal: Principal,
  route: Route,
  params: Readonly<Record<string, string>>,
  request: Request,
): void => {
  if (principal.kind !== 'key' || principal.chat === null) return;
  const { conversationId, origin } = principal.chat;
  if (!route.chat) throw new Problem('forbidden', 'A page’s token is for reading its conversation and speaking in it.');
  // A page of our own origin sends none with what only reads; every other one does.
  const from = request.headers.get('origin');
  if (from !== origin) throw new Problem('cross_site', 'This token is for another page.');
  if (params['id'] !== conversationId) throw notFound('conversation');
};

const CONVERSATION = /^cnv_[0-9A-Za-z]{27}$/;

const isKnown = async (database: Database, conversationId: string, origin: string | null): Promise<boolean> =>
  origin !== null && CONVERSATION.test(conversationId) && isOriginOfConversation(database, conversationId, origin);

const ALLOWED = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, last-event-id',
  'access-control-max-age': '600',
};

/** A browser asks whether a page may call. @returns undefined where it may not */
export const answerPreflight = async (
  database: Database,
  conversationId: string,
  request: Request,
): Promise<Response | undefined> => {
  const origin = request.headers.get('origin');
  if (origin === null || !(await isKnown(database, conversationId, origin))) return undefined;
  return new Response(null, {
    status: 204,
    headers: { ...ALLOWED, 'access-control-allow-origin': origin, vary: 'origin' },
  });
};

/** Lets the page that a token is for read the answer, and no other. */
export const openToPage = async (
  database: Database,
  conversationId: string,
  request: Request,
  response: Response,
): Promise<void> => {
  const isToken = request.headers.get('authorization')?.startsWith(`Bearer ${CHAT_PREFIX}`) ?? false;
  const origin = request.headers.get('origin');
  if (!isToken || origin === null || !(await isKnown(database, conversationId, origin))) return;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', 'retry-after, x-request-id');
  response.headers.append('vary', 'origin');
};
