/** `POST /channels/{id}/inbound`: what the provider of a channel sends of what people did there. */
import { readBytes } from '../http/body.ts';
import { reportDelivery, transaction } from '@countersign/store';
import type { Report } from '@countersign/channels';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { type Place, findPlace } from './place.ts';
import { takeCommand } from './take.ts';

export const createInbound =
  (app: App, rateLimit: RateLimit) =>
  async (request: Request, id: string, address: string): Promise<Response> => {
    const place = await findPlace(app, id);
    await rateLimit.take(place?.row.id ?? address);
    if (!place) throw notFound('channel');
    const body = await readBytes(request);
    const { pathname, search } = new URL(request.url);
    // Behind a proxy it came by another address than the one that its provider asked for.
    const url = `${place.at.publicUrl}${pathname}${search}`;
    const received = await place.inbound.receive(
      { method: request.method, url, headers: request.headers, body },
      place.at,
    );
    if (received.type === 'refused') {
      app.engine.log.warn({ channel: place.row.id, address, reason: received.reason }, 'what came in was refused');
      throw new Problem('webhook_signature_invalid', 'This is not signed by the provider of the channel, now.');
    }
    if (received.type === 'report') await noteReport(app, place, received.report);
    const answer = received.type === 'command' ? await takeCommand(app, place, received.command) : received.answer;
    return new Response(answer.body === '' ? null : answer.body, {
      status: answer.status,
      headers: { 'content-type': answer.mediaType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
  };

/** Never back: what was delivered stays so, whatever comes late or twice. */
const noteReport = (app: App, { workspaceId, row }: Place, report: Report): Promise<void> =>
  transaction(app.engine.api, workspaceId, async (scope) => {
    if (!(await reportDelivery(scope, row.id, report))) return;
    scope.afterCommit(() => app.engine.wake.changed(workspaceId, [report.deliveryId]));
  });
