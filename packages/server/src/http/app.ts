/** The HTTP application: every route of the contract, health, metrics, documents, and the dashboard for all else. */
import { randomUUID } from 'node:crypto';
import { type Route, type RouteName, openApiDocument, routes } from '@countersign/contract';
import { type Context as HttpContext, Hono } from 'hono';
import { createCompat } from '../compat/compat.ts';
import { accessHandlers } from '../handlers/access.ts';
import { accountHandlers, freeAccountHandlers } from '../handlers/account.ts';
import { agentHandlers } from '../handlers/agents.ts';
import { approvalActionHandlers } from '../handlers/approval-actions.ts';
import { approvalHandlers } from '../handlers/approvals.ts';
import { auditFreeHandlers, auditHandlers } from '../handlers/audit.ts';
import { channelHandlers, freeChannelHandlers } from '../handlers/channels.ts';
import { freePhoneHandlers, phoneHandlers } from '../handlers/phone-numbers.ts';
import { pushHandlers } from '../handlers/push.ts';
import { channelIdentityHandlers } from '../handlers/channel-identities.ts';
import { deliveryHandlers } from '../handlers/deliveries.ts';
import { conversationHandlers } from '../handlers/conversations.ts';
import { executionHandlers } from '../handlers/executions.ts';
import { figureHandlers, getApprovalStats } from '../handlers/figures.ts';
import { grantHandlers } from '../handlers/grants.ts';
import { freeInvitationHandlers, invitationHandlers } from '../handlers/invitations.ts';
import { memberHandlers } from '../handlers/members.ts';
import { peopleHandlers } from '../handlers/people.ts';
import { incomingWebhookHandlers } from '../handlers/incoming-webhooks.ts';
import { snoozeHandlers } from '../handlers/snoozes.ts';
import { voiceLineHandlers } from '../handlers/voice-lines.ts';
import { scheduleHandlers } from '../handlers/schedules.ts';
import { viewHandlers } from '../handlers/views.ts';
import { policyHandlers } from '../handlers/policies.ts';
import { factorHandlers } from '../handlers/factors.ts';
import { freeSessionHandlers, sessionHandlers } from '../handlers/session.ts';
import { mailedLinkHandlers } from '../handlers/mailed-link.ts';
import { signInHandlers } from '../handlers/sign-in.ts';
import { stepUpHandlers } from '../handlers/step-up.ts';
import { receiptHandlers, getReceipt } from '../handlers/receipts.ts';
import { signingHandlers } from '../handlers/signing.ts';
import { toolCallHandlers } from '../handlers/tool-calls.ts';
import { toolHandlers } from '../handlers/tools.ts';
import { workflowHandlers } from '../handlers/workflows.ts';
import { freeWorkspaceHandlers, workspaceHandlers } from '../handlers/workspaces.ts';
import { createReceiver } from '../triggers/receive.ts';
import { createVoice } from '../voice/answer-call.ts';
import { createInbound } from '../channels/inbound.ts';
import { createScim } from '../scim/routes.ts';
import { postMessageAndStream, streamConversation } from '../stream/conversation.ts';
import { streamEvents, streamExecution } from '../stream/events.ts';
import { waitForApproval } from '../stream/wait.ts';
import { createAddressOf } from './address.ts';
import { answer, problemResponse, requestIdOf } from './answer.ts';
import type { App, FreeHandlers, Handlers } from './context.ts';
import { answerMcp } from './mcp.ts';
import { RESOURCE_METADATA, createReadToken, protectedResource } from './mcp-tokens.ts';
import type { Metrics } from './metrics.ts';
import { mount } from './mount.ts';
import { Problem } from './problem.ts';
import { publishedKeys } from './published-keys.ts';
import type { RateLimit } from './rate-limit.ts';
import { answerPreflight, openToPage } from './chat-origin.ts';
import { chatScript } from './chat-script.ts';
import { checkHost, ownOrigin } from './origin.ts';
import { securityHeaders } from './security-headers.ts';
import type { StaticFiles } from './static.ts';

const handlers: Handlers = {
  ...approvalHandlers,
  ...approvalActionHandlers,
  ...figureHandlers,
  ...memberHandlers,
  ...invitationHandlers,
  ...workspaceHandlers,
  ...peopleHandlers,
  ...snoozeHandlers,
  ...viewHandlers,
  ...policyHandlers,
  ...workflowHandlers,
  ...scheduleHandlers,
  ...incomingWebhookHandlers,
  ...voiceLineHandlers,
  ...grantHandlers,
  ...agentHandlers,
  ...executionHandlers,
  ...conversationHandlers,
  ...toolHandlers,
  ...accessHandlers,
  ...sessionHandlers,
  ...accountHandlers,
  ...factorHandlers,
  ...auditHandlers,
  ...receiptHandlers,
  ...signingHandlers,
  ...channelHandlers,
  ...channelIdentityHandlers,
  ...phoneHandlers,
  ...pushHandlers,
  ...deliveryHandlers,
};

const freeHandlers: FreeHandlers = {
  ...toolCallHandlers,
  ...freeSessionHandlers,
  ...signInHandlers,
  ...mailedLinkHandlers,
  ...stepUpHandlers,
  ...freeAccountHandlers,
  ...freeWorkspaceHandlers,
  ...freeInvitationHandlers,
  ...auditFreeHandlers,
  ...freeChannelHandlers,
  ...freePhoneHandlers,
  waitForApproval,
  getApprovalStats,
  getReceipt,
  streamEvents,
  streamExecution,
  streamConversation,
  postMessageAndStream,
};

type Bindings = { incoming?: { socket?: { remoteAddress?: string } } };

export type AppParts = {
  readonly app: App;
  readonly rateLimit: RateLimit;
  readonly metrics: Metrics;
  readonly dashboard: StaticFiles;
  readonly docs: StaticFiles;
  /** Whether the database answers and its schema fits. */
  readonly isReady: () => Promise<boolean>;
};

export const createHttp = ({
  app,
  rateLimit,
  metrics,
  dashboard,
  docs,
  isReady,
}: AppParts): Hono<{ Bindings: Bindings }> => {
  const http = new Hono<{ Bindings: Bindings }>();
  const secure = securityHeaders(app.config.publicUrl);
  http.use(async (context, next) => {
    try {
      checkHost(context.req.raw, app.config.host);
      await next();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      context.res = problemResponse(error, requestIdOf(context.req.raw));
    }
    secure(context.res);
  });
  const addressOf = createAddressOf(app.config.trustedProxies);
  const addressIn = ({ env, req }: HttpContext<{ Bindings: Bindings }>): string =>
    addressOf(env?.incoming?.socket?.remoteAddress ?? '', req.raw.headers);
  const methods = new Map<string, string[]>();
  // Fixed paths before those with parameters: /v1/approvals/summary is not an approval's id.
  // A process that runs agents holds no key to sign with, and so takes no decisions (trust.md, T73).
  const answers = app.config.role !== 'worker';
  const names = (answers ? (Object.keys(routes) as RouteName[]) : []).toSorted(
    (a, b) => Number(routes[a].path.includes('{')) - Number(routes[b].path.includes('{')),
  );
  for (const name of names) {
    const route: Route = routes[name];
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    if (route.chat)
      http.on('OPTIONS', path, async (context, next) => {
        const allowed = await answerPreflight(app.engine.api, context.req.param('id') ?? '', context.req.raw);
        if (!allowed) return next();
        return allowed;
      });
    const handler = mount(name, app, handlers, freeHandlers, rateLimit);
    methods.set(path, [...(methods.get(path) ?? []), route.method]);
    http.on(route.method, path, async (context) => {
      const params = context.req.param() as Record<string, string>;
      const response = await answer(app, metrics, name, handler, context.req.raw, params, addressIn(context));
      if (route.chat) await openToPage(app.engine.api, params['id'] ?? '', context.req.raw, response);
      return response;
    });
  }
  const document = JSON.stringify(openApiDocument());
  http.get(
    '/v1/openapi.json',
    () => new Response(document, { headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' } }),
  );
  for (const path of ['/docs', '/docs/*']) http.get(path, (context) => docs(context.req.raw, context.req.path));
  const chat = chatScript();
  if (answers) http.get('/embed/countersign-chat.js', (context) => chat(context.req.raw));
  const keys = publishedKeys(app.engine);
  if (answers) http.get('/.well-known/jwks.json', () => keys());
  for (const [path, allowed] of methods)
    http.all(path, (context) => {
      const problem = new Problem(
        'method_not_allowed',
        `This path knows ${allowed.join(', ')}.`,
        {},
        { allow: allowed.join(', ') },
      );
      return problemResponse(problem, requestIdOf(context.req.raw));
    });
  const receive = createReceiver(app, rateLimit);
  if (answers)
    http.post('/hooks/:token', (context) =>
      answer(
        app,
        metrics,
        'hook',
        async (request, { token = '' }, { address }) => receive(request, token, address),
        context.req.raw,
        { token: context.req.param('token') },
        addressIn(context),
      ),
    );
  const inbound = createInbound(app, rateLimit);
  if (answers)
    http.post('/channels/:id/inbound', (context) =>
      answer(
        app,
        metrics,
        'inbound',
        async (request, { id = '' }, { address }) => inbound(request, id, address),
        context.req.raw,
        { id: context.req.param('id') },
        addressIn(context),
      ),
    );
  const voice = createVoice(app, rateLimit);
  if (answers)
    for (const path of ['/voice/lines/:line/:step', '/voice/lines/:line/calls/:call/:step'])
      http.post(path, (context) =>
        answer(
          app,
          metrics,
          'voice',
          async (request, params, { address }) => voice(request, params, address),
          context.req.raw,
          context.req.param() as Record<string, string>,
          addressIn(context),
        ),
      );
  const compat = createCompat(app, metrics, rateLimit, (name, limit, dialect) =>
    mount(name, app, handlers, freeHandlers, limit, dialect),
  );
  if (answers) http.all('/compat/:dialect/*', (context) => compat(context.req.raw, addressIn(context)));
  const scim = createScim(app, rateLimit);
  if (answers) http.all('/scim/v2/*', (context) => scim(context.req.raw, addressIn(context)));
  const readToken = createReadToken(app.config.mcpOauth);
  const originOf = (request: Request): string => ownOrigin(request, app.config.publicUrl);
  for (const path of answers ? [RESOURCE_METADATA, `${RESOURCE_METADATA}/mcp`] : [])
    http.get(path, (context) => protectedResource(originOf(context.req.raw), app.config.mcpOauth));
  if (answers)
    http.all('/mcp', (context) =>
      answerMcp(
        context.req.raw,
        async (inner) => http.fetch(inner, context.env),
        readToken,
        originOf(context.req.raw),
      ).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        return problemResponse(error, requestIdOf(context.req.raw));
      }),
    );
  http.get('/healthz', () => Response.json({ status: 'alive' }));
  http.get('/readyz', async () => {
    const ready = await isReady().catch(() => false);
    return ready
      ? Response.json({ status: 'ready' })
      : problemResponse(
          new Problem(
            'unavailable',
            'The database can not be reached, or its schema does not fit.',
            {},
            { 'Retry-After': '1' },
          ),
          randomUUID(),
        );
  });
  http.get(
    '/metrics',
    async () => new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
  );
  http.all('/v1/*', (context) =>
    problemResponse(
      answers
        ? new Problem('not_found', 'There is no such path.')
        : new Problem(
            'unavailable',
            'This process runs agents; those with COUNTERSIGN_ROLE all or api answer requests.',
          ),
      requestIdOf(context.req.raw),
    ),
  );
  http.all('*', (context) => {
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
      return problemResponse(
        new Problem('method_not_allowed', 'Pages can only be read.'),
        requestIdOf(context.req.raw),
      );
    return dashboard(context.req.raw, context.req.path);
  });
  return http;
};
