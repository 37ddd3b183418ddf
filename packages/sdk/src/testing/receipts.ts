/** Receipts that were not made by a server: of any statement, signed with a key of the test. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { WireApproval } from '@countersign/contract';
import {
  type Decision,
  type Digest,
  type ReceiptFacts,
  type ReceiptStatement,
  ONE_APPROVER,
  RECEIPT_TYPE,
  canonicalize,
  digestJson,
  receiptStatement,
  voteIntent,
} from '@countersign/core';
import type { ReceiptKey, ReceiptKeys } from '../receipt/keys.ts';

export type TestSigner = {
  readonly key: Required<ReceiptKey>;
  readonly keys: ReceiptKeys;
  /** Signs any payload under any header. */
  readonly seal: (payload: string, header?: object) => string;
  readonly receipt: (statement: ReceiptStatement) => string;
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');

export const createSigner = (
  pair: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ed25519'),
): TestSigner => {
  const x = String(pair.publicKey.export({ format: 'jwk' }).x);
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
  const key = {
    kty: 'OKP',
    crv: 'Ed25519',
    x,
    kid,
    alg: 'EdDSA',
    use: 'sig',
    valid_from: '2026-01-01T00:00:00.000Z',
    retired_at: null,
  };
  const seal = (payload: string, header: object = { alg: 'EdDSA', kid, typ: RECEIPT_TYPE }): string => {
    const signed = `${encode(JSON.stringify(header))}.${encode(payload)}`;
    return `${signed}.${sign(null, Buffer.from(signed), pair.privateKey).toString('base64url')}`;
  };
  return { key, keys: { keys: [key] }, seal, receipt: (statement) => seal(canonicalize(statement)) };
};

/** The answer of `GET /v1/approvals/{id}/receipt`, as its text. */
export const answerWith = (signer: TestSigner, statement: ReceiptStatement): string => {
  const { kty, crv, x, kid, alg } = signer.key;
  const approval_id = statement.predicate.approval;
  return canonicalize({ approval_id, jws: signer.receipt(statement), key: { kty, crv, x, kid, alg }, statement });
};

/** What the small server's approvals say, of which one reviewer is the only voter. */
export const receiptFactsOf = (
  wire: WireApproval,
  decision: Decision,
  requesters: readonly string[],
  requirement: ReceiptFacts['approval']['requirement'],
): ReceiptFacts => {
  const { id, workspace_id: workspaceId, requested_by: requestedBy } = wire;
  const isVote = decision.outcome === 'approved' || decision.outcome === 'rejected';
  const isEdited = decision.edits.length > 0;
  const { reason, at } = decision;
  return {
    issuer: 'http://approvals.test',
    issuedAt: at,
    workspaceId,
    approval: {
      id,
      kind: wire.kind,
      tool: wire.tool,
      risk: wire.risk,
      executionId: null,
      requestedBy,
      requesters,
      requestedAt: wire.created_at,
      expiresAt: null,
      policy: null,
      requirement,
      originalDigest: decision.digest,
      digest: wire.digest as Digest,
    },
    revisions: isEdited ? [{ digest: wire.digest, by: decision.by, at }] : [],
    votes: isVote
      ? [
          {
            stage: 0,
            vote: decision.outcome === 'approved' ? 'approved' : 'rejected',
            person: { id: decision.by.id, name: decision.by.name },
            represents: null,
            key: null,
            assurance: decision.assurance,
            sign_in: null,
            at,
            reason,
            intent: voteIntent({
              workspaceId,
              approvalId: id,
              revision: isEdited ? 1 : 0,
              digest: wire.digest,
              viewDigest: null,
              policy: null,
              decision: decision.outcome === 'approved' ? 'approved' : 'rejected',
              reason,
              personId: decision.by.id,
              requesters,
              requesterId: requestedBy.id,
            }),
            webauthn: null,
          },
        ]
      : [],
    decision,
    useUntil: null,
  };
};

const WORKSPACE = 'wsp_2m1NvGS2d0rGZ2JhCdQbYB3Hx1k';
const APPROVAL = 'apr_2m1NvKjv6h8q8Zl9r2W0mQe1d2E';
const ASKER = { kind: 'key', id: 'key_2m1NvHc3Qp7sTq1w8Zr5yLx0aBc', name: 'refunds (key of Ada)' } as const;
const ADA = 'usr_2m1NvJt9Xk4mVb2n6Cd8eFg1hIj';
const ROBIN = { id: 'usr_2m1NvLp5Rs7uWx3y9Za1bCd4eFg', name: 'Robin' } as const;
const POLICY = { id: 'pol_2m1NvMq6Tv8wYz4a0Bb2cDe5fGh', name: 'Payments', version: 3, rule: 'large refunds' } as const;

export const ACTION = {
  v: 2,
  approval: APPROVAL,
  workspace: WORKSPACE,
  tool: { name: 'refund', id: null, version: null },
  arguments: { amount: '40.00', order: 'A17' },
} as const;
const EDITED = { ...ACTION, arguments: { amount: '35.00', order: 'A17' }, revision: 1 } as const;

/** A refund that Robin made smaller and approved, as facts. */
const refundFacts = (): ReceiptFacts => {
  const originalDigest = digestJson(ACTION);
  const digest = digestJson(EDITED);
  const at = '2026-11-28T10:15:30.250Z';
  const reason = 'The shipping is not ours to pay back.';
  const robin = { kind: 'person', ...ROBIN } as const;
  return {
    issuer: 'https://approvals.example.com',
    issuedAt: '2026-11-28T10:15:30.251Z',
    workspaceId: WORKSPACE,
    approval: {
      id: APPROVAL,
      kind: 'tool_call',
      tool: 'refund',
      risk: 'irreversible',
      executionId: null,
      requestedBy: ASKER,
      requesters: [ASKER.id, ADA],
      requestedAt: '2026-11-28T10:12:00.000Z',
      expiresAt: '2026-11-28T11:12:00.000Z',
      policy: POLICY,
      requirement: ONE_APPROVER,
      originalDigest,
      digest,
    },
    revisions: [{ digest, by: robin, at }],
    votes: [
      {
        stage: 0,
        vote: 'approved',
        person: ROBIN,
        represents: null,
        key: null,
        assurance: 'session',
        sign_in: { method: 'oidc', two_factor: true, stepped_up_at: null },
        at,
        reason,
        intent: voteIntent({
          workspaceId: WORKSPACE,
          approvalId: APPROVAL,
          revision: 1,
          digest,
          viewDigest: `sha256:${'5'.repeat(64)}`,
          policy: POLICY,
          decision: 'approved',
          reason,
          personId: ROBIN.id,
          requesters: [ASKER.id, ADA],
          requesterId: ASKER.id,
        }),
        webauthn: null,
      },
    ],
    decision: {
      outcome: 'approved',
      by: robin,
      at,
      reason,
      assurance: 'session',
      digest: originalDigest,
      edits: [{ pointer: '/amount', before: '40.00', after: '35.00' }],
    },
    useUntil: '2026-11-28T10:30:30.250Z',
  };
};

export const refundStatement = (): ReceiptStatement => receiptStatement(refundFacts());
