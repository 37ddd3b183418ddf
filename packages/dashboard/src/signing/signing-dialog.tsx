/** The sheet: what exactly is signed, before the device asks for the person. */
import type { WireSigningIntent } from '@countersign/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fingerprint } from 'lucide-react';
import type { ReactNode } from 'react';
import { askForPasskey } from '../account/webauthn.ts';
import { call, isProblem } from '../api.ts';
import { approvalQuery } from '../approvals/queries.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import type { Signature, ToSign } from './ask-to-sign.ts';

const Row = ({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-col gap-0.5 px-3.5 py-2 phone:flex-row phone:gap-4">
    <dt className="text-label text-fg-2 phone:w-28 phone:shrink-0">{label}</dt>
    <dd className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

const textAt = (intent: WireSigningIntent['intent'], name: string): string => {
  const value = intent[name];
  return typeof value === 'string' ? value : '';
};

const Sheet = ({ prepared, asked }: { readonly prepared: WireSigningIntent; readonly asked: ToSign }): ReactNode => {
  const { intent } = prepared;
  const approval = useQuery(approvalQuery(asked.approvalId)).data;
  const policy = intent['policy'] as { rule: string; version: number } | null;
  const digest = textAt(intent, 'action_digest');
  return (
    <dl className="card divide-y">
      <Row label="You say">
        <strong className="font-semibold">
          {textAt(intent, 'decision') === 'approved' ? 'I approve' : 'I reject'}
        </strong>
      </Row>
      <Row label="About">
        <PlainText text={approval?.title ?? asked.approvalId} />
        {Number(intent['revision']) > 0 && <span className="text-fg-2"> (with edits)</span>}
      </Row>
      <Row label="Content">
        <span className="flex items-center gap-1">
          <code className="min-w-0 font-mono text-label break-all">{digest}</code>
          <CopyButton text={digest} label="Copy the digest" />
        </span>
      </Row>
      {asked.body.reason !== undefined && asked.body.reason !== '' && (
        <Row label="Reason">
          <PlainText text={asked.body.reason} />
        </Row>
      )}
      {policy !== null && (
        <Row label="Rule">
          <PlainText text={policy.rule} />, version {policy.version}
        </Row>
      )}
    </dl>
  );
};

type DialogProps = { readonly asked: ToSign; readonly onDone: (signature: Signature | null) => void };

export const SigningDialog = ({ asked, onDone }: DialogProps): ReactNode => {
  const begun = useQuery({
    queryKey: ['intent', asked.approvalId, JSON.stringify(asked.body)],
    queryFn: () => call('prepareSignature', { id: asked.approvalId, body: asked.body }),
    // Good once, and for five minutes: never kept, never asked for behind the person's back.
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
  });
  const sign = useMutation({
    mutationFn: async (prepared: WireSigningIntent): Promise<Signature> => ({
      intent_id: prepared.id,
      credential: await askForPasskey(prepared.options),
    }),
    onSuccess: onDone,
  });
  const hasNoKey = isProblem(begun.error, 'signature_required');
  return (
    <Modal
      open
      onClose={() => onDone(null)}
      title="Sign your decision"
      description="Your signing key signs exactly this, for this one time. Anybody can check it later, also against us."
      footer={
        <>
          <Button onClick={() => onDone(null)}>Cancel</Button>
          <Button
            look="ink"
            busy={sign.isPending}
            blockedBecause={begun.data === undefined ? 'There is nothing to sign yet' : null}
            onClick={() => begun.data !== undefined && sign.mutate(begun.data)}
          >
            <Fingerprint size={16} aria-hidden="true" /> Sign
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {begun.data !== undefined && <Sheet prepared={begun.data} asked={asked} />}
        {begun.isPending && <Skeleton rows={4} />}
        {hasNoKey ? (
          <Notice tone="wait" title="You have no signing key yet">
            Add one on your{' '}
            <Link to="/account" className="underline underline-offset-2" onClick={() => onDone(null)}>
              account page
            </Link>
            , and come back.
          </Notice>
        ) : (
          begun.error !== null && <Failure error={begun.error} onRetry={() => void begun.refetch()} />
        )}
        {sign.isError && <Notice tone="no" alert title={`Not signed. ${errorLine(sign.error)}`} />}
      </div>
    </Modal>
  );
};
