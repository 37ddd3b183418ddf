/** How far the replay is, on stderr: one line that is rewritten in a terminal, plain lines elsewhere. */

type State = { readonly runs: number; readonly decided: number; readonly kills: number };
export type Progress = {
  readonly show: (state: State) => void;
  readonly note: (line: string) => void;
  readonly end: () => void;
};

const WIDTH = 30;
const REDRAW_MS = 100;

export const openProgress = (total: number, out: NodeJS.WriteStream = process.stderr): Progress => {
  let drawnAt = 0;
  let tenths = -1;
  const text = ({ runs, decided, kills }: State): string =>
    `${runs}/${total} runs, ${decided} decided${kills > 0 ? `, ${kills} kills` : ''}`;
  const wipe = (): void => void (out.isTTY && out.write('\r\u001b[K'));

  return {
    show: (state) => {
      const isLast = state.runs === total;
      if (out.isTTY) {
        if (Date.now() - drawnAt < REDRAW_MS && !isLast) return;
        drawnAt = Date.now();
        const filled = Math.round((state.runs / Math.max(total, 1)) * WIDTH);
        out.write(`\r\u001b[K${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${text(state)}`);
        return;
      }
      const now = Math.floor((state.runs / Math.max(total, 1)) * 10);
      if (now > tenths) out.write(`${text(state)}\n`);
      tenths = now;
    },
    note: (line) => {
      wipe();
      out.write(`${line}\n`);
    },
    end: () => void (out.isTTY && out.write('\n')),
  };
};
