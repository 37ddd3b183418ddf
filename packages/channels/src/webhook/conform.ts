/** Whether a receiver of webhooks checks what it gets: it must refuse what is not signed by us, and what is too old. */
import type { Notice, On } from '../channel.ts';
import type { Check } from '../conformance.ts';
import { newWebhookSecret, signWebhook } from './standard-webhooks.ts';
import { urlOf } from './webhook-url.ts';

const TIMEOUT_MS = 15_000;
const OLD_SECONDS = 3600;

export const conformWebhook =
  (fetcher: typeof fetch, render: (notice: Notice) => { readonly text: string }) =>
  async (notice: Notice, { settings, secrets, now }: On): Promise<Check[]> => {
    const body = render(notice).text;
    const nowSeconds = Math.floor(now.getTime() / 1000);
    const refuses = async (name: string, timestampSeconds: number, keys: readonly string[]): Promise<Check> => {
      const id = `${notice.id}_probe`;
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signWebhook(keys, { id, timestampSeconds, body }),
      };
      try {
        const answer = await fetcher(urlOf(settings), {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await answer.body?.cancel();
        return { name, passed: !answer.ok, detail: `answered ${answer.status}` };
      } catch (error) {
        return { name, passed: false, detail: error instanceof Error ? error.message : String(error) };
      }
    };
    return [
      await refuses('The receiver refuses a forged signature', nowSeconds, [newWebhookSecret()]),
      await refuses('The receiver refuses a replay of an hour ago', nowSeconds - OLD_SECONDS, secrets),
    ];
  };
