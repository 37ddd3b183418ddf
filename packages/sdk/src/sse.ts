/** A parser of server-sent events (WHATWG HTML, 9.2.6), fed with text as it comes. */

export type ServerSentEvent = {
  readonly type: string;
  readonly data: string;
  /** The last id that the stream gave, with this event or before; '' if none. */
  readonly id: string;
};

export type SseParser = {
  /** @returns the events that this piece of text completes. */
  readonly push: (text: string) => ServerSentEvent[];
  /** What the server last asked for as the pause before a reconnection. */
  readonly retryMs: () => number | null;
};

export const createSseParser = (lastId = ''): SseParser => {
  let rest = '';
  let isFirst = true;
  let endedInReturn = false;
  let type = '';
  let data: string[] = [];
  let id = lastId;
  let retryMs: number | null = null;

  const field = (line: string): void => {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') type = value;
    else if (name === 'data') data.push(value);
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
  };

  const dispatch = (): ServerSentEvent[] => {
    const event = { type: type || 'message', data: data.join('\n'), id };
    const isEmpty = data.length === 0;
    type = '';
    data = [];
    return isEmpty ? [] : [event];
  };

  const push = (text: string): ServerSentEvent[] => {
    if (text === '') return [];
    // A line that ended in CR counts as ended at once; the LF that may come with the next piece belongs to it.
    const piece = endedInReturn && text.startsWith('\n') ? text.slice(1) : text;
    endedInReturn = text.endsWith('\r');
    const whole = isFirst && piece.startsWith('\uFEFF') ? piece.slice(1) : piece;
    isFirst = false;
    const lines = (rest + whole).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    return lines.flatMap((line) => {
      if (line === '') return dispatch();
      field(line);
      return [];
    });
  };

  return { push, retryMs: () => retryMs };
};
