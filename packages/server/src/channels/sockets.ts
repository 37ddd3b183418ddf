/**
 * Keeps a connection to the provider of each channel that has asked for one, in every process that answers people: a provider
 * hands each thing that happens to one of them. What comes in is carried out as if it had been posted to us.
 */
import type { Connection, Received } from '@countersign/channels';
import { activeChannels, reading, workspaceIds } from '@countersign/store';
import type { App } from '../http/context.ts';
import { type Place, findPlace, placeOf } from './place.ts';
import { takeCommand } from './take.ts';

const LOOK_MS = 1000;
/** Whatever was missed is seen then. */
const LOOK_AT_ALL_EVERY = 30;

/** What a connection was made with: if that changes, another one is made. */
type Kept = { readonly connection: Connection; readonly workspaceId: string; readonly made: string };

export const keepSockets = (app: App): { readonly stop: () => void } => {
  const { api, wake, channels, log } = app.engine;
  if (![...channels.values()].some(({ inbound }) => inbound?.connect)) return { stop: () => undefined };
  const kept = new Map<string, Kept>();
  const heard = new Set<string>();
  const stopHearing = wake.onChange((workspaceId) => heard.add(workspaceId));

  const take = (channelId: string) => async (received: Received) => {
    const place = await findPlace(app, channelId);
    if (!place) throw new Error('the channel is gone');
    if (received.type === 'command') return takeCommand(app, place, received.command);
    if (received.type === 'refused') throw new Error(received.reason);
    return received.answer;
  };

  const connect = (id: string, place: Place): void => {
    const made = JSON.stringify([place.at.settings['api_url'], place.at.secrets]);
    const before = kept.get(id);
    if (before?.made === made) return;
    before?.connection.close();
    const note = (line: string, error: unknown): void => log.warn({ err: error, channel: id }, line);
    const connection = place.inbound.connect?.(place.at, take(id), note);
    if (connection) kept.set(id, { connection, workspaceId: place.workspaceId, made });
  };

  const lookAt = async (workspaceId: string): Promise<void> => {
    const places = await reading(api, workspaceId, async (scope) =>
      (await activeChannels(scope))
        .filter(({ settings }) => settings['connection'] === 'socket')
        .flatMap((row) => placeOf(app, scope, row) ?? []),
    );
    for (const place of places) connect(place.row.id, place);
    const wanted = new Set(places.map(({ row }) => row.id));
    for (const [id, { connection, workspaceId: of }] of kept)
      if (of === workspaceId && !wanted.has(id)) {
        connection.close();
        kept.delete(id);
      }
  };

  let rounds = 0;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const all = rounds % LOOK_AT_ALL_EVERY === 0;
      rounds += 1;
      const workspaces = all ? await workspaceIds(api) : [...heard];
      heard.clear();
      for (const workspaceId of workspaces) await lookAt(workspaceId);
    } catch (error) {
      log.warn({ err: error }, 'looking for channels with a socket failed; it is tried again');
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  void look();
  return {
    stop: () => {
      clearInterval(timer);
      stopHearing();
      for (const { connection } of kept.values()) connection.close();
    },
  };
};
