import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { channelIdentitiesQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

const NUMBER = /^\+[1-9]\d{6,14}$/;

/** The code that was sent to a number makes it one's own. */
const CodeForm = ({ number, onDone }: { readonly number: string; readonly onDone: () => void }): ReactNode => {
  const [code, setCode] = useState('');
  const verify = useAccountChange(() => call('verifyPhone', { body: { code: code.trim() } }), onDone);
  const blocked = /^\d{6}$/.test(code.trim()) ? null : 'Enter the six digits';
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null) verify.mutate(undefined);
      }}
    >
      <Field label="Code" hint={`Sent to ${number}. Good for ten minutes.`}>
        {(wiring) => (
          <TextInput
            {...wiring}
            className="font-mono"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
      </Field>
      <div className="flex gap-2">
        <Button type="submit" size="small" busy={verify.isPending} blockedBecause={blocked}>
          This is my number
        </Button>
        <Button size="small" onClick={onDone}>
          Not now
        </Button>
      </div>
      {verify.isError && <Notice tone="no" alert title={`Not done. ${errorLine(verify.error)}`} />}
    </form>
  );
};

const NumberForm = ({ onSent }: { readonly onSent: (number: string) => void }): ReactNode => {
  const [number, setNumber] = useState('');
  const plain = number.replaceAll(/[\s()./-]/g, '');
  const start = useAccountChange(
    () => call('startPhone', { body: { number: plain } }),
    () => onSent(plain),
  );
  const blocked = NUMBER.test(plain) ? null : 'Enter a number with its country’s code, such as +49 151 12345678';
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null) start.mutate(undefined);
      }}
    >
      <Field label="Phone number" hint="With the country’s code. A code is sent there.">
        {(wiring) => (
          <TextInput
            {...wiring}
            type="tel"
            autoComplete="tel"
            placeholder="+49 151 12345678"
            value={number}
            onChange={(event) => setNumber(event.target.value)}
          />
        )}
      </Field>
      <div>
        <Button type="submit" size="small" busy={start.isPending} blockedBecause={blocked}>
          Send me a code
        </Button>
      </div>
      {start.isError && <Notice tone="no" alert title={`No code was sent. ${errorLine(start.error)}`} />}
    </form>
  );
};

/** One's phone number, for text messages and calls about what is critical. Nobody else sees it. */
export const PhoneSection = (): ReactNode => {
  const { data } = useQuery(channelIdentitiesQuery);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const remove = useAccountChange((id: string) => call('removeChannelIdentity', { id }));
  const own = data?.find(({ kind }) => kind === 'phone');
  return (
    <div id="phone">
      <Section title="Phone">
        <p className="text-fg-2">
          Where the workspace has a channel for it, what is critical is told there by text message or by a call. Nobody
          else sees the number, and nothing is decided by phone.
        </p>
        {data === undefined ? (
          <Skeleton rows={1} className="h-12" />
        ) : own === undefined ? (
          sentTo === null ? (
            <NumberForm onSent={setSentTo} />
          ) : (
            <CodeForm number={sentTo} onDone={() => setSentTo(null)} />
          )
        ) : (
          <p className="card flex flex-wrap items-center gap-3 px-3.5 py-2.5">
            <span className="min-w-0 flex-1 font-mono">{own.user}</span>
            <Button
              size="small"
              look="reject"
              aria-label={`Remove ${own.user}`}
              busy={remove.isPending}
              onClick={() => remove.mutate(own.id)}
            >
              Remove
            </Button>
          </p>
        )}
        {remove.isError && <Notice tone="no" alert title={`Not done. ${errorLine(remove.error)}`} />}
      </Section>
    </div>
  );
};
