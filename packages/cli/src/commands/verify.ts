import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';
import { auditExportVerifier } from '../verify/audit-export.ts';
import { receiptVerifier } from '../verify/receipt.ts';
import type { Verifier } from '../verify/verifier.ts';

/** What can be verified; the first that knows the file takes it. */
const VERIFIERS: readonly Verifier[] = [auditExportVerifier, receiptVerifier];

/** Enough of a file to know what it is. */
const HEAD_BYTES = 4096;

const headOf = async (path: string): Promise<string> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
};

const OPTIONS = {
  keys: { type: 'string' },
  fingerprint: { type: 'string' },
  approval: { type: 'string' },
  key: { type: 'string' },
  checkpoint: { type: 'string' },
} as const satisfies Options;

export const verifyCommand: Command = {
  usage: 'verify FILE [--keys FILE] [--fingerprint KID] [--approval approval.json] [--key KEY] [--checkpoint FILE]',
  summary:
    'Checks a receipt or an exported audit log offline: no server, no database, no network.\n' +
    '      Of a receipt: --keys: what /.well-known/jwks.json answered, or --fingerprint: the thumbprint of the one key you trust;\n' +
    '      --approval: the approval (or its action) that it must be of. Of an audit log: --key: the key that the server printed, or\n' +
    '      --keys: several, one a line; --checkpoint: one that you kept, which the file must go on from.\n' +
    '      Ends with 0 if all of it holds, with 1 if anything does not.',
  options: OPTIONS,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: OPTIONS,
    });
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) throw new UsageError(`Which file? countersign ${verifyCommand.usage}`);
    let head: string;
    try {
      head = await headOf(path);
    } catch (error) {
      throw new UsageError(`${path} can not be read: ${(error as Error).message}`, { cause: error });
    }
    const verifier = VERIFIERS.find(({ recognises }) => recognises(head));
    if (!verifier) {
      console.error(
        `NOT VERIFIED: ${path} is nothing that can be verified: neither a receipt nor one in its JSON form, nor an audit log.`,
      );
      return 1;
    }
    const { lines, isGood } = await verifier.verify(path, values);
    for (const line of lines) (isGood ? console.log : console.error)(line);
    return isGood ? 0 : 1;
  },
};
