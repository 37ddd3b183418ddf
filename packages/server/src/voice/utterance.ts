/** What an agent says, sentence by sentence as it is written: nothing twice, and nothing on once the caller has interrupted it. */
type Piece = {
  readonly execution_id: string;
  readonly step_id: string;
  readonly offset: number;
  readonly text: string;
};

const SENTENCE_END = /[.!?…:;]["')\]]?\s/g;

/** Up to where whole sentences stand. */
const endOfSentences = (text: string): number => {
  let end = 0;
  for (const match of text.matchAll(SENTENCE_END)) end = match.index + match[0].length;
  return end;
};

export class Utterance {
  readonly #speak: (token: string, isLast: boolean) => void;
  #execution: string | null = null;
  #step: string | null = null;
  #text = '';
  #spoken = 0;
  /** What was spoken is void: the model began again, and its words can't be taken back. */
  #isVoid = false;
  #interrupted: string | null = null;
  #skipped: string | null = null;

  constructor(speak: (token: string, isLast: boolean) => void) {
    this.#speak = speak;
  }

  /** It was told before, on another connection. */
  skip(executionId: string | null): void {
    this.#skipped = executionId;
  }

  piece({ execution_id: executionId, step_id: step, offset, text }: Piece): void {
    if (executionId === this.#skipped) return;
    if (step !== this.#step) {
      this.flush();
      this.#begin(executionId, step);
    }
    if (offset < this.#spoken) this.#isVoid = true;
    this.#text = this.#text.slice(0, offset) + text;
    if (!this.#isVoid) this.#say(endOfSentences(this.#text), false);
  }

  /** The answer, as it stands: what of it was not said yet. */
  whole(executionId: string | null, content: string): void {
    if (executionId !== null && executionId === this.#skipped) return;
    const isContinued =
      executionId === this.#execution && !this.#isVoid && content.startsWith(this.#text.slice(0, this.#spoken));
    if (!isContinued) {
      const before = this.#interrupted;
      this.#begin(executionId, null);
      this.#interrupted = before;
    }
    this.#text = content;
    this.#say(content.length, true);
    this.#begin(null, null);
  }

  /** Says the rest of what stands, such as before a wait. */
  flush(): void {
    if (this.#text.length > this.#spoken && !this.#isVoid) this.#say(this.#text.length, true);
  }

  interrupt(): void {
    this.#interrupted = this.#execution;
  }

  #begin(executionId: string | null, step: string | null): void {
    this.#execution = executionId;
    this.#step = step;
    this.#text = '';
    this.#spoken = 0;
    this.#isVoid = false;
  }

  #say(end: number, isLast: boolean): void {
    const token = this.#text.slice(this.#spoken, end);
    this.#spoken = Math.max(this.#spoken, end);
    const isMute = this.#interrupted !== null && this.#interrupted === this.#execution;
    if (!isMute && (token !== '' || isLast)) this.#speak(token, isLast);
  }
}
