/** `countersign decide`: a reviewer's answer from a terminal or a script. */
import { createInterface } from 'node:readline/promises';
import { ApiError, type Approval, type Client, ConnectionError } from '@countersign/sdk';
import { UsageError } from '../command.ts';
import { plain } from '../plain.ts';
import { EXIT } from './exit-codes.ts';
import { shownWhole } from './show.ts';

export type Deciding = {
  readonly id: string;
  readonly decision: 'approved' | 'rejected';
  readonly reason: string | undefined;
  readonly arguments: Record<string, never> | undefined;
  readonly response: unknown;
  /** Of what was seen; without it, it is shown here and confirmed. */
  readonly digest: string | undefined;
  readonly json: boolean;
};

/** @returns the exit code: 0 decided (or counted, where more people must agree), 1 it was refused or not confirmed */
export const runDecide = async (client: Client, deciding: Deciding): Promise<number> => {
  try {
    const digest = deciding.digest ?? (await confirmed(client, deciding));
    if (digest === null) {
      console.error('Nothing was decided.');
      return EXIT.failed;
    }
    const { decision, reason, arguments: edited, response } = deciding;
    const approval = await client.approvals.decide(deciding.id, {
      decision,
      digest,
      ...(reason === undefined ? {} : { reason }),
      ...(edited === undefined ? {} : { arguments: edited }),
      ...(response === undefined ? {} : { response }), // The form is checked by the server.
    });
    console.error(sentence(approval));
    if (deciding.json) console.log(JSON.stringify(approval));
    return EXIT.goAhead;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    console.error(error instanceof ApiError ? `${error.title}: ${plain(error.detail)}` : error.message);
    return EXIT.failed;
  }
};

/** Nobody decides what they did not see: it is shown, and a person says yes to it. @returns its digest, or null */
const confirmed = async (client: Client, { id, decision }: Deciding): Promise<string | null> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError('Without a terminal, name what was seen: --digest DIGEST (list --json has it).');
  const approval = await client.approvals.get(id);
  console.error(`${shownWhole(approval)}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const verb = decision === 'approved' ? 'Approve' : 'Reject';
    const answer = await terminal.question(`${verb} this? Type yes: `);
    return answer.trim().toLowerCase() === 'yes' ? approval.digest : null;
  } finally {
    terminal.close();
  }
};

const sentence = (approval: Approval): string => {
  if (approval.held) return `Held back until ${approval.held.until}`;
  if (approval.status !== 'pending') return `${approval.status}: ${plain(approval.title)}`;
  return `Counted; still missing: ${approval.quorum.missing.map(plain).join('; ')}`;
};
