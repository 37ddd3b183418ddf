import type { WireAccount } from '@countersign/contract';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useAccountChange } from './use-account-change.ts';

const groups = (secret: string): string => (secret.match(/.{1,4}/g) ?? []).join(' ');

const CodesDialog = ({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) => (
  <Modal
    open
    onClose={onClose}
    title="Recovery codes"
    footer={
      <Button look="ink" onClick={onClose}>
        I have kept them
      </Button>
    }
  >
    <RecoveryCodes codes={codes} />
  </Modal>
);

const EnrolDialog = ({
  onClose,
  onCodes,
}: {
  readonly onClose: () => void;
  readonly onCodes: (codes: readonly string[]) => void;
}): ReactNode => {
  const [code, setCode] = useState('');
  const { mutate: begin, ...begun } = useMutation({ mutationFn: () => call('startTotp', {}) });
  useEffect(() => begin(), [begin]);
  const confirm = useAccountChange(
    () => call('confirmTotp', { body: { code: code.trim() } }),
    ({ recovery_codes: codes }) => onCodes(codes),
  );
  const blocked = /^\d{6}$/.test(code.replaceAll(' ', '')) ? null : 'Type the six digits that the app shows';
  return (
    <Modal
      open
      onClose={onClose}
      title="Add an authenticator app"
      description="Scan this with the app, then type the code that it shows."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="ink"
            busy={confirm.isPending}
            blockedBecause={blocked}
            onClick={() => confirm.mutate(undefined)}
          >
            Confirm
          </Button>
        </>
      }
    >
      {begun.isError && <Notice tone="no" alert title={`Not begun. ${errorLine(begun.error)}`} />}
      {begun.data !== undefined && (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (blocked === null) confirm.mutate(undefined);
          }}
        >
          <div className="flex flex-wrap items-center gap-4">
            <QrCode text={begun.data.uri} label="QR code for the authenticator app" />
            <div className="min-w-0 flex-1 basis-40 text-label text-fg-2">
              Or type this key:
              <span className="mt-1 flex items-start gap-1">
                <code className="min-w-0 font-mono text-[13px] break-words text-fg">{groups(begun.data.secret)}</code>
                <CopyButton text={begun.data.secret} label="Copy the key" />
              </span>
            </div>
          </div>
          <Field label="Code" className="max-w-40">
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={7}
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            )}
          </Field>
          {confirm.isError && <Notice tone="no" alert title={`Not confirmed. ${errorLine(confirm.error)}`} />}
        </form>
      )}
    </Modal>
  );
};

export const TotpSection = ({ account }: { readonly account: WireAccount }): ReactNode => {
  const [enrolling, setEnrolling] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const remove = useAccountChange(() => call('removeTotp', {}));
  const renew = useAccountChange(
    () => call('createRecoveryCodes', {}),
    ({ recovery_codes: made }) => setCodes(made),
  );
  const enrolledAt = account.totp_enrolled_at;
  const error = remove.error ?? renew.error;
  return (
    <Section
      title="Authenticator app"
      aside={
        enrolledAt === null ? (
          <Button size="small" onClick={() => setEnrolling(true)}>
            Add an app
          </Button>
        ) : (
          <>
            <Button size="small" busy={renew.isPending} onClick={() => renew.mutate(undefined)}>
              New recovery codes
            </Button>
            <Button size="small" look="reject" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
              Remove the app
            </Button>
          </>
        )
      }
    >
      <p className="text-fg-2">
        {enrolledAt === null ? (
          'Six digits of an app on your phone, beside your password.'
        ) : (
          <>
            Added <Ago at={enrolledAt} />. {account.recovery_codes} recovery{' '}
            {account.recovery_codes === 1 ? 'code is' : 'codes are'} left.
          </>
        )}
      </p>
      {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
      {enrolling && (
        <EnrolDialog
          onClose={() => setEnrolling(false)}
          onCodes={(made) => {
            setEnrolling(false);
            setCodes(made);
          }}
        />
      )}
      {codes !== null && <CodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Section>
  );
};
