/** One entry of the audit log: what it says, what was sealed of it, and the proof that it is in the log. */
import type { WireSealedAuditEntry } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { formatExact } from '../live/time.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton, CopyId } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { entryQuery } from './queries.ts';
import { checkEntry } from './verify.ts';

const number = new Intl.NumberFormat();

const Block = ({ text, label }: { readonly text: string; readonly label: string }): ReactNode => (
  <div className="card relative">
    <span className="absolute top-1.5 right-2">
      <CopyButton text={text} label={`Copy ${label}`} />
    </span>
    <div tabIndex={0} role="group" aria-label={label} className="px-3.5 py-3 pr-12 font-mono text-[12.5px] leading-5">
      <ValueText text={text} />
    </div>
  </div>
);

const Proof = ({ entry }: { readonly entry: WireSealedAuditEntry }): ReactNode => {
  const check = useQuery({
    queryKey: ['audit', 'check', entry.id, entry.sealed?.leaf_hash, entry.is_erased],
    queryFn: () => checkEntry(entry),
    enabled: entry.sealed !== null,
  });
  if (entry.sealed === null)
    return <Notice tone="off" title="It happened a moment ago, and is sealed within about a second." />;
  if (check.isPending) return <p className="text-label text-fg-3">Checking …</p>;
  if (check.isError || check.data === null) return <Notice tone="wait" title="The proof could not be read." />;
  const { isProven, why, size, proof } = check.data;
  return (
    <>
      <p className={isProven ? 'flex items-center gap-2 text-ok' : 'flex items-center gap-2 font-semibold text-no'}>
        {isProven ? <ShieldCheck size={16} aria-hidden="true" /> : <ShieldAlert size={16} aria-hidden="true" />}
        {isProven
          ? `This browser has checked that it is entry ${number.format(entry.index ?? 0)} of a log of ${number.format(size)}, as it was sealed.`
          : why}
      </p>
      <Block text={entry.sealed.leaf} label="the sealed bytes" />
      {proof !== null && (
        <span className="flex items-center gap-2 text-label text-fg-2">
          Inclusion proof (c2sp.org/tlog-proof@v1) <CopyButton text={proof} label="Copy the inclusion proof" />
        </span>
      )}
    </>
  );
};

const Erase = ({ entry }: { readonly entry: WireSealedAuditEntry }): ReactNode => {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const erase = useMutation({
    mutationFn: () => call('eraseAuditEntry', { id: entry.id, body: { reason: reason.trim() } }),
    onSuccess: (answer) => {
      client.setQueryData(entryQuery(entry.id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['audit', 'list'] });
      setOpen(false);
    },
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>Erase what it says</Button>
      <Modal
        open={open}
        onClose={() => setOpen(false)}
        title="Erase what this entry says"
        description="Names, facts and details go for ever, with the salt that proves them. Ids, kind and time stay, and the log still verifies. That you did it becomes an entry of its own."
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Keep it</Button>
            <Button
              look="danger"
              busy={erase.isPending}
              blockedBecause={reason.trim() === '' ? 'Say why first.' : null}
              onClick={() => erase.mutate()}
            >
              Erase it for ever
            </Button>
          </>
        }
      >
        <Field label="Reason" required hint="It stays in the log: name no one in it.">
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={2}
              maxLength={1000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {erase.isError && <Notice tone="no" alert title={`Not erased. ${errorLine(erase.error)}`} />}
      </Modal>
    </>
  );
};

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-wrap gap-x-4 gap-y-0.5 px-3.5 py-2">
    <dt className="w-24 shrink-0 text-label text-fg-3">{name}</dt>
    <dd className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

export const EntryPage = (): ReactNode => {
  useTitle('Entry of the audit log');
  const { id } = useParams({ from: '/app/audit/$id' });
  const query = useQuery(entryQuery(id));
  const mayErase = useCan('audit:write');
  if (query.isPending) return <Skeleton rows={6} />;
  if (query.isError) return <Failure heading error={query.error} onRetry={() => void query.refetch()} />;
  const entry = query.data;
  return (
    <Page
      narrow
      title={entry.type}
      above={
        <Link to="/audit" className="text-label text-fg-2 underline underline-offset-2">
          Audit log
        </Link>
      }
      actions={
        mayErase &&
        !entry.is_erased &&
        entry.sealed !== null &&
        !entry.type.startsWith('audit.') && <Erase entry={entry} />
      }
    >
      <dl className="card divide-y">
        <Fact name="Who">
          <PlainText text={entry.actor.name} /> <CopyId id={entry.actor.id} />
        </Fact>
        <Fact name="To what">
          <Link
            to="/audit"
            search={{ subject: entry.subject }}
            className="font-mono text-label underline underline-offset-2"
          >
            {entry.subject}
          </Link>
        </Fact>
        <Fact name="When">
          {formatExact(entry.at)} (<Ago at={entry.at} />)
        </Fact>
        <Fact name="Place">
          {entry.index === null ? 'not sealed yet' : `entry ${number.format(entry.index)}, epoch ${entry.epoch}`}
        </Fact>
      </dl>
      {entry.is_erased ? (
        <Notice tone="off" title="What it said was erased">
          The log still verifies. Entry {entry.sealed?.erased_by?.split('/')[1]} says who erased it, and why.
        </Notice>
      ) : (
        <>
          <Section title="What it says">
            <Block text={JSON.stringify(entry.data, null, 2)} label="the data" />
          </Section>
          {entry.detail !== null && (
            <Section title="Arguments and results">
              <Block text={JSON.stringify(entry.detail, null, 2)} label="the detail" />
            </Section>
          )}
        </>
      )}
      <Section title="Proof" aside="checked by this browser">
        <Proof entry={entry} />
      </Section>
    </Page>
  );
};
