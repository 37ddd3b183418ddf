/**
 * `<countersign-chat server="https://countersign.example" conversation="cnv_…" token-url="/chat-token">`: a conversation
 * with an agent on somebody else's page. One file with nothing to import, which the server also serves as it is.
 *
 * It holds a token that is good for this conversation, from this page's origin, for some minutes. With it one can read and
 * speak, and never decide: where the agent waits for a person, the card opens the request at the server itself, in a
 * window of its own, where whoever decides is signed in (docs/adr/0055).
 */
import type { WireConversationEvent, WireMessage } from '@countersign/contract';

type Turn = {
  status: string;
  approvals: readonly string[];
  /** By the step that says it, in order. */
  readonly texts: Map<string, string>;
};

const ENDED = new Set(['completed', 'failed', 'rejected', 'cancelled', 'expired']);
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 20_000;

const WORDS = {
  label: 'Conversation',
  placeholder: 'Write a message',
  send: 'Send',
  working: 'Working…',
  held: 'A person has to approve the next step. This goes on by itself afterwards.',
  review: 'Review',
  failed: 'Something went wrong, and there is no answer. Please try again.',
  unanswered: 'There is no answer to this.',
  offline: 'The connection was lost. Trying again…',
  refused: 'This conversation can not be opened from this page.',
} as const;

const STYLE = `
:host { display: block; block-size: 32rem; color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif;
  --bg: light-dark(#fff, #1b1c20); --fg: light-dark(#1c1d22, #f0f0f3); --soft: light-dark(#5a5d66, #b4b7c0);
  --line: light-dark(#d7d9df, #3c3e46); --mine: light-dark(#e9ecf8, #2c3147); --wait: light-dark(#fbf3dd, #3a3018);
  --action: var(--countersign-action, light-dark(#1c1d22, #f0f0f3)); --on-action: var(--countersign-on-action, light-dark(#fff, #16171a)); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; }
.frame { block-size: 100%; display: flex; flex-direction: column; background: var(--bg); color: var(--fg);
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.log { flex: 1; overflow-y: auto; padding: 14px; display: flex; flex-direction: column; gap: 10px; overscroll-behavior: contain; }
p { white-space: pre-wrap; overflow-wrap: anywhere; }
.mine { align-self: flex-end; max-inline-size: 85%; background: var(--mine); border-radius: 12px; padding: 7px 12px; }
.soft { color: var(--soft); font-size: 13px; }
.card { background: var(--wait); border: 1px solid var(--line); border-radius: 10px; padding: 10px 12px; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.card p { flex: 1; min-inline-size: 12rem; }
form { display: flex; gap: 8px; padding: 10px; border-block-start: 1px solid var(--line); }
textarea { flex: 1; font: inherit; font-size: 16px; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 8px;
  padding: 8px 10px; resize: none; field-sizing: content; min-block-size: 44px; max-block-size: 10rem; }
button { font: inherit; font-weight: 600; min-block-size: 44px; padding-inline: 16px; border: 0; border-radius: 8px; background: var(--action); color: var(--on-action); cursor: pointer; }
button[aria-disabled=true] { opacity: .55; cursor: not-allowed; }
:focus-visible { outline: 2px solid light-dark(#4352c4, #a6b1ff); outline-offset: 2px; }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const make = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  set: Readonly<Record<string, string>> = {},
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(set)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
};

/** Data of the frames that a stream has completed, with the last id; `rest` is what has not. */
const framesIn = (
  text: string,
): { readonly frames: readonly { data: string; id: string }[]; readonly rest: string } => {
  const parts = text.split('\n\n');
  const rest = parts.pop() ?? '';
  const line = (part: string, name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
  return { frames: parts.map((part) => ({ data: line(part, 'data'), id: line(part, 'id') })), rest };
};

export class CountersignChat extends HTMLElement {
  /** Gives a fresh token, in the place of `token-url`. */
  getToken: () => Promise<string> = () => this.#fetchToken();

  #messages: WireMessage[] = [];
  readonly #turns = new Map<string, Turn>();
  #token: string | undefined;
  #lastId = '';
  #leave: AbortController | undefined;
  #isWanted = false;
  #notice = '';
  #log = make('div', { class: 'log', role: 'log', 'aria-live': 'off', tabindex: '0', 'aria-label': WORDS.label });
  #status = make('div', { class: 'sr', role: 'status' });
  #box = make('textarea', {
    rows: '1',
    'aria-label': WORDS.placeholder,
    placeholder: WORDS.placeholder,
    maxlength: '20000',
  });
  #button = make('button', { type: 'submit' }, WORDS.send);

  connectedCallback(): void {
    if (!this.shadowRoot) this.#build();
    document.addEventListener('visibilitychange', this.#look);
    this.#listen();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#look);
    this.#isWanted = false;
    this.#leave?.abort();
  }

  #look = (): void => {
    if (document.hidden) this.#leave?.abort();
    else this.#listen();
  };

  #build(): void {
    const root = this.attachShadow({ mode: 'open' });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    const form = make('form', {}, this.#box, this.#button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#say();
    });
    this.#box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#say();
    });
    root.append(make('section', { class: 'frame', 'aria-label': WORDS.label }, this.#log, this.#status, form));
    this.#show();
  }

  async #fetchToken(): Promise<string> {
    const answer = await fetch(this.getAttribute('token-url') ?? '', { method: 'POST' });
    if (!answer.ok) throw new Error(`token-url answered ${answer.status}`);
    return ((await answer.json()) as { token: string }).token;
  }

  get #server(): string {
    return (this.getAttribute('server') ?? '').replace(/\/+$/, '');
  }

  /** Calls the server with the token, and once more with a fresh one if it has ended. */
  async #call(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<Response> {
    const url = `${this.#server}/v1/conversations/${encodeURIComponent(this.getAttribute('conversation') ?? '')}${path}`;
    for (const isSecond of [false, true]) {
      this.#token ??= await this.getToken();
      const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
      const answer = await fetch(url, { ...init, headers, credentials: 'omit', referrerPolicy: 'no-referrer' });
      if (answer.status !== 401 || isSecond) return answer;
      this.#token = undefined;
    }
    throw new Error('unreachable');
  }

  /** Follows the conversation until nothing is at work, over as many connections as that takes. */
  #listen(): void {
    this.#isWanted = true;
    if (this.#leave || document.hidden) return;
    const leave = new AbortController();
    this.#leave = leave;
    void (async () => {
      for (let failures = 0; this.#isWanted && !leave.signal.aborted;) {
        try {
          const over = await this.#follow(leave.signal);
          failures = 0;
          this.#isBack();
          if (over) this.#isWanted = false;
        } catch {
          if (leave.signal.aborted) break;
          failures += 1;
          this.#note(WORDS.offline);
          const pause = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
      if (this.#leave === leave) this.#leave = undefined;
    })();
  }

  #isBack(): void {
    if (this.#notice === WORDS.offline) this.#note('');
  }

  #note(words: string): void {
    this.#notice = words;
    this.#show();
  }

  /** @returns whether there is nothing more to come for now */
  async #follow(signal: AbortSignal): Promise<boolean> {
    const headers: Record<string, string> = this.#lastId === '' ? {} : { 'last-event-id': this.#lastId };
    const answer = await this.#call('/messages/stream?until=idle', { headers, signal });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
      this.#note(WORDS.refused);
      return true;
    }
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ;) {
      const { done, value } = await reader.read();
      // A server that ends in good order may have been stopped: over is what has ended.
      if (done) return [...this.#turns.values()].every(({ status }) => ENDED.has(status));
      const found = framesIn(rest + value);
      rest = found.rest;
      for (const { data, id } of found.frames) {
        if (data === '') continue;
        this.#take(JSON.parse(data) as WireConversationEvent);
        this.#lastId = id || this.#lastId;
      }
      if (this.#notice === WORDS.offline) this.#notice = '';
      this.#show();
    }
  }

  #turnOf(id: string): Turn {
    const turn: Turn = this.#turns.get(id) ?? { status: 'queued', approvals: [], texts: new Map() };
    this.#turns.set(id, turn);
    return turn;
  }

  #take(event: WireConversationEvent): void {
    if (event.type === 'message') {
      const { message } = event;
      this.#messages = [...this.#messages.filter(({ id }) => id !== message.id), message];
      if (message.role === 'assistant') this.#status.textContent = message.content;
    } else if (event.type === 'turn') {
      const turn = this.#turnOf(event.execution_id);
      if (event.approvals.length > 0 && turn.approvals.length === 0) this.#status.textContent = WORDS.held;
      turn.status = event.status;
      turn.approvals = event.approvals;
    } else if (event.type === 'text') {
      const { texts } = this.#turnOf(event.execution_id);
      // What stood from the offset on is void: it was never recorded, or is said anew.
      texts.set(event.step_id, (texts.get(event.step_id) ?? '').slice(0, event.offset) + event.text);
    }
  }

  async #say(): Promise<void> {
    const content = this.#box.value.trim();
    if (content === '' || this.#isBusy()) return;
    const key = crypto.randomUUID();
    this.#button.setAttribute('aria-disabled', 'true');
    try {
      const answer = await this.#call('/messages', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ content }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { message } = (await answer.json()) as { message: WireMessage };
      this.#box.value = '';
      this.#take({ type: 'message', message });
      if (message.execution_id !== null) this.#turnOf(message.execution_id);
      this.#note('');
      this.#listen();
    } catch {
      this.#note(WORDS.failed);
    } finally {
      this.#show();
      this.#box.focus();
    }
  }

  #isBusy(): boolean {
    return [...this.#turns.values()].some(({ status }) => !ENDED.has(status));
  }

  /** What the reviewer's window opens: the request at the server, where it can be decided by who is signed in there. */
  #card(approvals: readonly string[]): HTMLElement {
    const card = make('div', { class: 'card' }, make('p', {}, WORDS.held));
    if (!this.hasAttribute('reviewer')) return card;
    for (const id of approvals) {
      const review = make('button', { type: 'button' }, WORDS.review);
      review.addEventListener('click', () => {
        // Nothing of this page can reach into that window, nor the other way round.
        open(
          `${this.#server}/inbox/${encodeURIComponent(id)}?lane=all`,
          '_blank',
          'noopener,noreferrer,width=900,height=800',
        );
      });
      card.append(review);
    }
    return card;
  }

  #turn(id: string, answer: WireMessage | undefined): HTMLElement[] {
    const turn = this.#turns.get(id);
    // The message takes the place of what was said last: it may have been edited.
    const texts = [...(turn?.texts.values() ?? [])].filter((text) => text !== '');
    const shown = (answer ? texts.slice(0, -1) : texts).map((text) => make('p', {}, text));
    if (answer) return [...shown, make('p', {}, answer.content)];
    if (!turn) return shown;
    if (turn.approvals.length > 0) return [...shown, this.#card(turn.approvals)];
    if (!ENDED.has(turn.status)) return shown.length > 0 ? shown : [make('p', { class: 'soft' }, WORDS.working)];
    return [make('p', { class: 'soft' }, turn.status === 'failed' ? WORDS.failed : WORDS.unanswered)];
  }

  #show(): void {
    const log = this.#log;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const answerTo = (id: string | null): WireMessage | undefined =>
      this.#messages.find(({ role, execution_id: execution }) => role === 'assistant' && execution === id);
    log.replaceChildren(
      ...this.#messages.flatMap((message) =>
        message.role === 'assistant'
          ? []
          : [
              make('p', { class: 'mine' }, message.content),
              ...this.#turn(message.execution_id ?? '', answerTo(message.execution_id)),
            ],
      ),
      ...(this.#notice === '' ? [] : [make('p', { class: 'soft' }, this.#notice)]),
    );
    this.#button.setAttribute('aria-disabled', String(this.#isBusy()));
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }
}

if (!customElements.get('countersign-chat')) customElements.define('countersign-chat', CountersignChat);
