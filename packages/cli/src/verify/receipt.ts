/** A receipt: whether it holds, and in words what it proves and by whose word. */
import { readFile } from 'node:fs/promises';
import { forTerminalLine } from '@countersign/core/terminal';
import {
  ReceiptError,
  type ReceiptKeys,
  type ReceiptStatement,
  type VerifiedReceipt,
  digestJson,
  verifyReceipt,
} from '@countersign/sdk';
import { UsageError } from '../command.ts';
import type { Verdict, Verifier, VerifyOptions } from './verifier.ts';

const RECEIPT_BYTES_MAX = 16 * 1024 * 1024;

const read = async (path: string): Promise<string> => {
  const bytes = await readFile(path);
  if (bytes.length > RECEIPT_BYTES_MAX) throw new ReceiptError('it is too large for a receipt');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ReceiptError('it is not UTF-8');
  }
};

/** A file that the caller gives to check with, in any formatting. */
const readJson = async (path: string, what: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    throw new UsageError(`${path} can not be read as ${what}: ${(error as Error).message}`, { cause: error });
  }
};

const readKeys = async (path: string): Promise<ReceiptKeys> => {
  const value = await readJson(path, 'a set of keys');
  if (typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys))
    return value as ReceiptKeys;
  throw new UsageError(`${path} is no set of keys: fetch it from /.well-known/jwks.json`);
};

/** An approval as the API answers it, or its action alone. */
const actionIn = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'action' in value ? value.action : value;

const check = async (path: string, options: VerifyOptions): Promise<{ receipt: VerifiedReceipt; content: boolean }> => {
  const keys = options.keys === undefined ? undefined : await readKeys(options.keys);
  const receipt = await verifyReceipt(await read(path), { keys, fingerprint: options.fingerprint });
  if (options.approval === undefined) return { receipt, content: false };
  const action = actionIn(await readJson(options.approval, 'an approval'));
  const digest = await digestJson(action);
  const subject = `sha256:${receipt.statement.subject[0].digest.sha256}`;
  if (digest !== subject) throw new ReceiptError(`the approval given is another content: its digest is ${digest}`);
  return { receipt, content: true };
};

const show = forTerminalLine;
const short = ({ predicate: { tool, kind } }: ReceiptStatement): string => (tool === null ? kind : show(tool));

const voteLines = ({ statement, votes }: VerifiedReceipt): string[] =>
  statement.predicate.votes.map((vote, index) => {
    const { person, assurance, at, stage, sign_in: signIn, key, counts } = vote;
    const how = [
      `assurance ${assurance}`,
      ...(signIn ? [`signed in by ${signIn.method}${signIn.two_factor ? ' and a second factor' : ''}`] : []),
      ...(key === null ? [] : [`by the key ${show(key)}`]),
      ...(vote.represents === null ? [] : [`for ${show(vote.represents)}`]),
      ...(counts ? [] : ['on content that was edited since: does not count']),
    ];
    const proof = votes[index]?.provedBy === 'person' ? 'signed by the person' : 'asserted by the operator';
    return `    ${vote.vote} by ${show(person.name)} (${show(person.id)}), stage ${stage + 1}, ${at}; ${how.join('; ')}: ${proof}`;
  });

const linesOf = (receipt: VerifiedReceipt, isContentChecked: boolean): string[] => {
  const { predicate } = receipt.statement;
  const { decision, policy, revisions } = predicate;
  const signed = receipt.votes.filter(({ provedBy }) => provedBy === 'person').length;
  return [
    `VERIFIED: ${predicate.approval} (${short(receipt.statement)}) was ${decision.outcome} at ${decision.at}`,
    `  decided by  ${show(decision.by.name)} (${show(decision.by.id)}), assurance ${decision.assurance}`,
    ...(decision.reason === null ? [] : [`  reason      ${show(decision.reason)}`]),
    `  content     sha256:${receipt.statement.subject[0].digest.sha256}${isContentChecked ? ', that of the approval given' : ''}`,
    ...(revisions.length > 1
      ? [`  edited      ${revisions.length - 1} ×, from ${revisions[0]?.action_digest ?? ''}`]
      : []),
    `  policy      ${policy === null ? 'none' : `${show(policy.name)}, version ${policy.version}, rule ${show(policy.rule)}`}`,
    `  asked by    ${show(predicate.requested_by.name)} (${show(predicate.requested_by.id)}) at ${predicate.requested_at}`,
    `  workspace   ${show(predicate.workspace)} at ${show(predicate.issuer)}`,
    `  votes       ${predicate.votes.length}`,
    ...voteLines(receipt),
    `  signed with ${receipt.kid} at ${predicate.issued_at}`,
    '',
    signed > 0
      ? `Proved by the people themselves: ${signed} of ${receipt.votes.length} votes. All else is asserted by the operator, who holds the key above.`
      : 'Asserted by the operator, who holds the key above: that these people decided so. No person signed it themselves.',
    ...(isContentChecked
      ? []
      : ['What was decided on is known here by its digest alone: give --approval to check the content too.']),
  ];
};

const verify = async (path: string, options: VerifyOptions): Promise<Verdict> => {
  if (options.keys === undefined && options.fingerprint === undefined)
    throw new UsageError(
      'Whose key do you trust? Give --keys with what /.well-known/jwks.json of the server answered, or --fingerprint.',
    );
  try {
    const { receipt, content } = await check(path, options);
    return { isGood: true, lines: linesOf(receipt, content) };
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    return { isGood: false, lines: [`NOT VERIFIED: ${show(path)}: ${show(error.message)}`] };
  }
};

export const receiptVerifier: Verifier = {
  // A JWS in compact form, or the API's answer, whose first member in canonical form is this one.
  recognises: (head) => /^eyJ[A-Za-z0-9_-]*\./.test(head) || head.startsWith('{"approval_id":'),
  verify,
};
