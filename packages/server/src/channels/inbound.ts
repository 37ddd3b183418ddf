/** `POST /channels/{id}/inbound`: what the provider of a channel sends of what people did there. */
import { readBytes } from '../http/body.ts';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { findPlace } from './place.ts';
import { takeCommand } from './take.ts';

export const createInbound =
  (app: App, rateLimit: RateLimit) =>
  async (request: Request, id: string, address: string): Promise<Response> => {
    const place = await findPlace(app, id);
    await rateLimit.take(place?.row.id ?? address);
    if (!place) throw notFound('channel');
    const body = await readBytes(request);
    const received = await place.inbound.receive({ method: request.method, headers: request.headers, body }, place.at);
    if (received.type === 'refused') {
      app.engine.log.warn({ channel: place.row.id, address, reason: received.reason }, 'what came in was refused');
      throw new Problem('webhook_signature_invalid', 'This is not signed by the provider of the channel, now.');
    }
    const answer = received.type === 'answer' ? received.answer : await takeCommand(app, place, received.command);
    return new Response(answer.body === '' ? null : answer.body, {
      status: answer.status,
      headers: { 'content-type': answer.mediaType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
  };
