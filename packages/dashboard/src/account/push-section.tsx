import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { deviceOf } from './device.ts';
import { pushQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

const base64url = (bytes: ArrayBuffer | null): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const hashOf = async (text: string): Promise<string> => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** @throws where the person, or the browser, does not want it */
const subscribe = async (publicKey: string): Promise<void> => {
  if ((await Notification.requestPermission()) !== 'granted')
    throw new Error('This browser does not let us: allow notifications for this site in its settings.');
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: publicKey };
  // One that was made with another key than ours is good for nothing.
  const made = await pushManager.subscribe(options).catch(async () => {
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  });
  await call('addPushSubscription', {
    body: {
      name: deviceOf(navigator.userAgent),
      endpoint: made.endpoint,
      p256dh: base64url(made.getKey('p256dh')),
      auth: base64url(made.getKey('auth')),
    },
  });
};

const isAble = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;

/** Which of the browsers this one is; null: none of them. */
const useOwnHash = (count: number): string | null => {
  const [hash, setHash] = useState<string | null>(null);
  useEffect(() => {
    if (!isAble()) return;
    const look = async (): Promise<void> => {
      const registration = await navigator.serviceWorker.getRegistration();
      const own = await registration?.pushManager.getSubscription();
      setHash(own ? await hashOf(own.endpoint) : null);
    };
    void look().catch(() => setHash(null));
  }, [count]);
  return hash;
};

/** In which browsers one is told. */
export const PushSection = (): ReactNode => {
  const { data, error } = useQuery(pushQuery);
  const own = useOwnHash(data?.subscriptions.length ?? 0);
  const add = useAccountChange(() => subscribe(data?.public_key ?? ''));
  const remove = useAccountChange((id: string) => call('removePushSubscription', { id }));
  const failed = add.error ?? remove.error;
  // Where nobody set it up there is nothing to choose.
  if (data?.is_offered === false && data.subscriptions.length === 0) return null;
  const isHere = data?.subscriptions.some(({ endpoint_hash: hash }) => hash === own) ?? false;
  const blocked = isAble()
    ? isHere
      ? 'This browser is told already'
      : null
    : 'This browser knows no notifications here. On an iPhone, add Countersign to the home screen first';
  return (
    <div id="push">
      <Section title="Notifications in browsers">
        <p className="text-fg-2">
          What is small can be decided right in a notification, as whoever is signed in there. All else opens its page.
        </p>
        {data === undefined && (error === null ? <Skeleton rows={1} className="h-12" /> : <Failure error={error} />)}
        {data !== undefined && data.subscriptions.length > 0 && (
          <ul className="card divide-y">
            {data.subscriptions.map(({ id, name, endpoint_hash: hash, created_at: at }) => (
              <li key={id} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
                <span className="min-w-0 flex-1">
                  <span className="font-medium">{name}</span>
                  <span className="block text-label text-fg-2">
                    {hash === own ? 'this one, since' : 'since'} <Ago at={at} />
                  </span>
                </span>
                <Button
                  size="small"
                  look="reject"
                  aria-label={`Tell ${name} nothing any more`}
                  busy={remove.isPending}
                  onClick={() => remove.mutate(id)}
                >
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
        <div>
          <Button size="small" busy={add.isPending} blockedBecause={blocked} onClick={() => add.mutate(undefined)}>
            Notify me in this browser
          </Button>
        </div>
        {failed !== null && <Notice tone="no" alert title={`Not done. ${errorLine(failed)}`} />}
      </Section>
    </div>
  );
};
