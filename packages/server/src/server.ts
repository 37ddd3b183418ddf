/** Builds everything from the configuration and runs it. The one place where the parts are put together. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { createKinds } from '@countersign/channels';
import {
  type Engine,
  createGuardedFetch,
  createGuardedSockets,
  createInstance,
  createMcpClients,
  createPushKey,
  createRedaction,
  createRunner,
  createJointRounds,
  createSealer,
  createSecretBox,
  createSigning,
  keptHeads,
  NO_KEPT_HEADS,
  NO_PUSH_KEY,
  NO_SEALER,
  NO_SIGNING,
  createWake,
  endCall,
  openMailChannels,
  type JobRunner,
  watchForNews,
} from '@countersign/engine';
import {
  forgetOldAnswers,
  forgetFullBuckets,
  forgetOldAttempts,
  openDatabase,
  plantJob,
  schemaState,
  transaction,
  unscoped,
  workspaceIds,
  forgottenCalls,
} from '@countersign/store';
import { pino } from 'pino';
import { createAuthenticator } from './auth/principal.ts';
import { createSingleSignOn } from './auth/sso.ts';
import type { Config } from './config.ts';
import { keepSockets } from './channels/sockets.ts';
import { createHttp } from './http/app.ts';
import type { App } from './http/context.ts';
import { createCursors } from './http/cursor.ts';
import { createMetrics } from './http/metrics.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createRefusals } from './http/refusals.ts';
import { loadDashboard, loadDocs } from './http/static.ts';
import { takeRelays } from './voice/relay.ts';

const DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/dist', import.meta.url));
const HOUR_MS = 3_600_000;
/** What runs may take this long to end before the process goes; the rest goes on elsewhere. */
const GRACE_MS = 3000;
const HEADERS_TIMEOUT_MS = 10_000;
const CHANNELS_AT_ONCE = 32;

export type RunningServer = {
  readonly url: string;
  /** The one it listens on, also where the configuration says 0. */
  readonly port: number;
  readonly engine: Engine;
  /** Takes nothing new, lets what runs come to an end, closes everything. */
  readonly stop: () => Promise<void>;
};

export const runServer = async (config: Config): Promise<RunningServer> => {
  const log = pino({ level: config.logLevel, base: null, redact: ['*.authorization', '*.cookie', '*.secret'] });
  const api = openDatabase(config.databaseUrl, 'countersign_api', config.databasePool);
  const worker = openDatabase(config.databaseUrl, 'countersign_worker', config.databasePool);
  const instance = createInstance(config.databaseUrl);
  const wake = createWake(instance.notify, randomUUID());
  const outbound = {
    allowCidrs: config.allowCidrs,
    ownPorts: [config.port, ...portOf(config.databaseUrl)],
    ownOrigins: [config.publicUrl],
  };
  const guardedFetch = createGuardedFetch(outbound);
  const sockets = createGuardedSockets(outbound);
  const mcp = createMcpClients({ fetch: guardedFetch, isStdioAllowed: config.allowStdioMcp });
  const runner = createRunner(() => engine, config.role);
  const messengers = config.role === 'worker' ? null : createRunner(() => engine, 'channels', CHANNELS_AT_ONCE);
  const secrets = createSecretBox(config.secret, config.secretPrevious);
  const signing = config.role === 'worker' ? NO_SIGNING : createSigning(api, secrets);
  const kept = config.checkpointFolder === '' ? NO_KEPT_HEADS : keptHeads(config.checkpointFolder);
  const sealer =
    config.role === 'worker' ? NO_SEALER : createSealer({ api, signing, wake, log, publicUrl: config.publicUrl, kept });
  const pushKey = config.role === 'worker' ? NO_PUSH_KEY : createPushKey(api, secrets);
  let issuer = config.publicUrl;
  const engine: Engine = {
    api,
    worker,
    wake,
    fetch: guardedFetch,
    outbound,
    mcp,
    secrets,
    redaction: createRedaction(secrets),
    issuer: () => issuer,
    signing,
    sealer,
    pushKey,
    channels: createKinds({
      fetch: guardedFetch,
      openSocket: sockets.open,
      vapid: pushKey,
      smtp: config.smtpUrl === '' ? null : { url: config.smtpUrl, from: config.mailFrom },
    }),
    log,
    runner,
    rounds: createJointRounds(worker),
  };
  const authenticator = createAuthenticator(api);
  const metrics = createMetrics();
  const refusals = createRefusals(
    api,
    (workspaceId) => wake.changed(workspaceId, [workspaceId]),
    (error) => log.warn({ err: error }, 'a refusal could not be written to the audit log'),
  );
  const app: App = {
    engine,
    config,
    authenticator,
    cursors: createCursors(config.secret, config.secretPrevious),
    sso: createSingleSignOn(config.oidc, config.publicUrl, guardedFetch),
    refusals,
  };
  const http = createHttp({
    app,
    rateLimit: createRateLimit(api, config.rateLimit, (error) =>
      log.warn({ err: error }, 'requests are counted by this process alone'),
    ),
    metrics,
    dashboard: await loadDashboard(DASHBOARD),
    docs: await loadDocs(DOCS),
    isReady: async () => {
      await unscoped(api, (scope) => scope.client.query('select 1'));
      return (await schemaState(config.databaseUrl)) === 'current';
    },
  });
  // Made or read before the first decision, which would otherwise wait for it with its locks held.
  if (config.role !== 'worker') {
    await engine.signing.key('receipt');
    await engine.signing.key('checkpoint');
    await pushKey().catch((error: unknown) =>
      log.warn({ err: error }, 'the key for push services can’t be used: nobody is told in a browser'),
    );
    await plantJob(api, 'seal_audit_logs');
    await openMailChannels(engine);
  }
  for (const warning of warningsOf(config)) log.warn(warning);
  await instance.start(wake, messengers ? together(runner, messengers) : runner);
  const cleaning = setInterval(() => void clean(engine), HOUR_MS);
  cleaning.unref();
  const stopWatching = engine.sealer.watch();
  const connections = config.role === 'worker' ? null : keepSockets(app);
  const stopHearing = messengers ? watchForNews(engine) : () => undefined;

  const listener = getRequestListener((request, env) => http.fetch(request, env), { overrideGlobalObjects: false });
  const server = createServer(
    { requestTimeout: HEADERS_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS, keepAliveTimeout: 65_000 },
    (request, response) => void listener(request, response),
  );
  const endRelays = config.role === 'worker' ? () => undefined : takeRelays(app, server);
  await listen(server, config.port, config.host);
  const { port } = server.address() as AddressInfo;
  // An agent's tool must not reach our own API (trust.md, B14); with port 0 the number is known only now.
  if (!outbound.ownPorts.includes(port)) outbound.ownPorts.push(port);

  issuer = config.publicUrl.replace(/:0$/, `:${port}`);

  return {
    url: issuer,
    port,
    engine,
    stop: async () => {
      clearInterval(cleaning);
      stopWatching();
      stopHearing();
      connections?.stop();
      endRelays();
      await authenticator.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([runner.stop(GRACE_MS), messengers?.stop(GRACE_MS)]);
      server.closeAllConnections();
      await closed;
      await refusals.flush();
      await instance.stop();
      await Promise.allSettled([mcp.close(), guardedFetch.close(), sockets.close(), api.close(), worker.close()]);
    },
  };
};

/** Two runners under the one number of this process: what one does takes no slot of the other. */
const together = (first: JobRunner, second: JobRunner): Pick<JobRunner, 'start' | 'suspend'> => ({
  start: (number) => {
    first.start(number);
    second.start(number);
  },
  suspend: () => {
    first.suspend();
    second.suspend();
  },
});

/** What runs, and will be missed. */
const warningsOf = ({ mode, role, checkpointFolder, secretPrevious }: Config): string[] => [
  ...(mode === 'start' && role !== 'worker' && checkpointFolder === ''
    ? [
        'COUNTERSIGN_CHECKPOINT_FOLDER is not set: a database that is restored from an older backup is not noticed, and its audit log is signed on as if nothing were missing.',
      ]
    : []),
  ...(secretPrevious === null
    ? []
    : ['COUNTERSIGN_SECRET_PREVIOUS is set: when every server has both secrets, run countersign rotate-secret.']),
];

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });

/** None where the database is reached by a socket's path. */
const portOf = (databaseUrl: string): number[] => {
  const { hostname, port } = new URL(databaseUrl);
  return hostname === '' ? [] : [Number(port || 5432)];
};

const clean = async (engine: Engine): Promise<void> => {
  try {
    for (const workspaceId of await workspaceIds(engine.api))
      await transaction(engine.api, workspaceId, async (scope) => {
        await forgetOldAnswers(scope);
        for (const id of await forgottenCalls(scope)) await endCall(engine, scope, id, 'nobody told of its end');
      });
    await unscoped(engine.api, forgetOldAttempts);
    await unscoped(engine.api, forgetFullBuckets);
  } catch (error) {
    engine.log.warn({ err: error }, 'forgetting old answers failed; the next hour tries again');
  }
};
