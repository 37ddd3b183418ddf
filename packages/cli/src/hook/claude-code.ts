/** `countersign hook claude-code`: one tool call in, one decision out. */
import { text } from 'node:stream/consumers';
import { answerHook } from '@countersign/adapters/claude-code';
import type { Client } from '@countersign/sdk';
import { interruptible } from '../approvals/interrupt.ts';

/** Prints nothing where nobody had to be asked: then Claude Code's own permissions count. @throws what must block the call */
export const runClaudeCodeHook = (client: Client): Promise<void> =>
  interruptible(async (signal) => {
    const answer = await answerHook(client, JSON.parse(await text(process.stdin)), signal);
    if (answer) console.log(JSON.stringify(answer));
  });
