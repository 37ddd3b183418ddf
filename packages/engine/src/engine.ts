/** The parts that carry decisions out, built once by the server and handed to every function here. */
import type { Kinds, VapidKey } from '@countersign/channels';
import type { Database, Job } from '@countersign/store';
import type { Sealer } from './audit/sealer.ts';
import type { GuardedFetch } from './outbound/fetch.ts';
import type { OutboundPolicy } from './outbound/guard.ts';
import type { McpClients } from './tools/mcp.ts';
import type { Redaction } from './redaction/redaction.ts';
import type { SecretBox } from './secret-box.ts';
import type { Signing } from './signing/signing.ts';
import type { Wake } from './wake.ts';
import type { JointRounds } from './workflows/joint-rounds.ts';

export type Log = {
  readonly info: (facts: object, line: string) => void;
  readonly warn: (facts: object, line: string) => void;
  readonly error: (facts: object, line: string) => void;
};

export type Engine = {
  /** Connected as the role that may write votes and outcomes; commands of people and programs run here. */
  readonly api: Database;
  /** Connected as the role that may not (trust.md, T73); agents run here. */
  readonly worker: Database;
  readonly wake: Wake;
  readonly fetch: GuardedFetch;
  readonly outbound: OutboundPolicy;
  readonly mcp: McpClients;
  readonly secrets: SecretBox;
  /** Between payloads and their rows: no secret is stored in the clear (trust.md, T46). */
  readonly redaction: Redaction;
  /** The installation's own keys, in processes that answer people; one that only runs agents has none (trust.md, T73). */
  readonly signing: Signing;
  /** The kinds of channels on which people and programs outside are told. */
  readonly channels: Kinds;
  /** By which push services know this installation. */
  readonly pushKey: () => Promise<VapidKey>;
  /** Seals the audit log, in processes that answer people. */
  readonly sealer: Sealer;
  /** The address under which people know this installation: who issues its receipts. */
  readonly issuer: () => string;
  readonly log: Log;
  /** This process among those on the database; set when the runner has its number. */
  readonly runner: Runner;
  /** Rounds of this process's workflows that share a transaction. */
  readonly rounds: JointRounds;
};

export type Runner = {
  /** Its number, or undefined if this process runs no agents: then decisions are carried out by another. */
  readonly instance: () => number | undefined;
  /** Goes on with an execution whose job this process holds. */
  readonly take: (job: Job) => void;
};
