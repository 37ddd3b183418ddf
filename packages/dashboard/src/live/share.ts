/**
 * One stream for all tabs: a browser opens six connections to a host over HTTP/1.1, and the seventh tab would wait for
 * ever. The tab that holds the lock listens and tells the others; when it closes, the next one takes over.
 */

const NAME = 'countersign.events';

export type Joint<Message> = {
  readonly tell: (message: Message) => void;
  readonly stop: () => void;
};

/**
 * @param lead is called when this tab is to listen itself; it returns what ends that
 * @param hear is called with what the leading tab tells
 */
export const shareAmongTabs = <Message>(lead: () => () => void, hear: (message: Message) => void): Joint<Message> => {
  // Without locks (plain HTTP on another machine's address) every tab listens for itself.
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined')
    return { tell: () => undefined, stop: lead() };
  const channel = new BroadcastChannel(NAME);
  const stopped = new AbortController();
  let end: (() => void) | undefined;
  channel.addEventListener('message', (event: MessageEvent<Message>) => hear(event.data));
  navigator.locks
    .request(NAME, { signal: stopped.signal }, async () => {
      end = lead();
      await new Promise<void>((resolve) => {
        stopped.signal.addEventListener('abort', () => resolve());
      });
    })
    // Stopped while it waited for the lock.
    .catch(() => undefined);
  return {
    tell: (message) => channel.postMessage(message),
    stop: () => {
      end?.();
      stopped.abort();
      channel.close();
    },
  };
};
