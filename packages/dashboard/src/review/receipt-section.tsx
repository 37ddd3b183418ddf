/** The receipt of a decision: whose word it is, the file, how to check it; and taking its use away, for owners. */
import type { WireApproval } from '@countersign/contract';
import { Download, FileCheck2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';

const PROOF: Readonly<Record<string, string>> = {
  signed: 'signed by the person, with their passkey',
  step_up: 'asserted by this server; they had proved again who they are',
  session: 'asserted by this server; they were signed in',
  channel: 'asserted by this server and the chat it came from',
  key: 'asserted by this server; it came by an API key',
  automated: 'asserted by this server; no person took part',
};

/** The file as `countersign verify` takes it: byte for byte what the API answers. */
const hrefOf = (id: string): string => `/v1/approvals/${id}/receipt`;

const kidOf = (compact: string): string => {
  const [header = ''] = compact.split('.');
  const { kid } = JSON.parse(atob(header.replaceAll('-', '+').replaceAll('_', '/'))) as { kid: string };
  return kid;
};

const Row = ({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-col gap-0.5 py-1.5 phone:flex-row phone:gap-4">
    <dt className="shrink-0 text-fg-2 phone:w-32">{label}</dt>
    <dd className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

const RevokeDialog = ({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode => {
  const [reason, setReason] = useState('');
  const send = useApprovalAction(
    id,
    async () => {
      const body = reason.trim() === '' ? {} : { reason: reason.trim() };
      const answer = await call('revokeApproval', { id, body });
      onClose();
      return answer;
    },
    'Revoked',
  );
  return (
    <Modal
      open
      onClose={onClose}
      title="Revoke"
      description="It was approved and is not used yet. After this nobody can use it; the decision itself stays on record."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={send.isPending} onClick={() => send.mutate(undefined)}>
            Revoke
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Why" hint="Kept with the request. May be empty.">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={1000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {send.isError && <Notice tone="no" title={errorLine(send.error)} />}
      </div>
    </Modal>
  );
};

export const ReceiptSection = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const [revoking, setRevoking] = useState(false);
  const { receipt, decision, can } = approval;
  if (receipt === null || decision === null) return null;
  return (
    <Section title="Receipt">
      <div className="card flex flex-col gap-3 px-3.5 py-3">
        <dl className="divide-y">
          <Row label="Says">
            <PlainText text={decision.by.name} /> {decision.outcome} this: {PROOF[decision.assurance]}.
          </Row>
          <Row label="Signed with">
            <span className="inline-flex items-center gap-1.5 font-mono text-label">
              <FileCheck2 size={14} aria-hidden="true" className="shrink-0 text-ok" />
              Ed25519 key {kidOf(receipt).slice(0, 12)}…
            </span>
          </Row>
          <Row label="Check it">
            <code className="font-mono text-label">countersign verify {approval.id}.receipt.json --keys jwks.json</code>
            <p className="text-label text-fg-2">
              Needs no server. The keys are at{' '}
              <a className="underline underline-offset-2" href="/.well-known/jwks.json">
                /.well-known/jwks.json
              </a>
              .
            </p>
          </Row>
        </dl>
        <div className="flex flex-wrap items-center gap-2">
          <a className={buttonClass('outline')} href={hrefOf(approval.id)} download={`${approval.id}.receipt.json`}>
            <Download size={14} aria-hidden="true" /> Download
          </a>
          <CopyButton text={receipt} label="Copy the receipt" className="px-1.5">
            <span className="text-label">Copy</span>
          </CopyButton>
          {can.revoke.ok && <Button onClick={() => setRevoking(true)}>Revoke…</Button>}
        </div>
      </div>
      {revoking && <RevokeDialog id={approval.id} onClose={() => setRevoking(false)} />}
    </Section>
  );
};
