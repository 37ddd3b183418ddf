/** Where an invitation's link leads: what one is invited to, and one press to accept it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call, isProblem } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { sessionQuery } from '../session.ts';
import { Mark } from '../shell/mark.tsx';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';

/** Behind the `#`, which browsers do not send; taken out of the address at once, so that it is in no bookmark. */
const takeToken = (): string => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  history.replaceState(history.state, '', location.pathname);
  return token;
};

const Invitation = ({ token }: { readonly token: string }): ReactNode => {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: ['invitation'],
    queryFn: ({ signal }) => call('previewInvitation', { body: { token } }, { signal }),
    retry: false,
    gcTime: 0,
  });
  const accept = useMutation({
    mutationFn: () =>
      call('acceptInvitation', { body: { token, ...(name.trim() === '' ? {} : { name: name.trim() }) } }),
    onSuccess: async (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      await navigate({ to: session.signs_in_with.length === 0 ? '/account' : '/inbox', replace: true });
    },
  });
  if (isProblem(error, 'not_found'))
    return (
      <Notice tone="no" alert title="This invitation does not work any more">
        It was used or withdrawn already, or its time is over. Ask for a new link.
      </Notice>
    );
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  const mustSignIn = data.must_sign_in && isProblem(accept.error, 'sign_in_first');
  return (
    <>
      <p className="text-read text-fg-2">
        <PlainText text={data.invited_by} /> invites {data.email} to join{' '}
        <span className="font-semibold text-fg">
          <PlainText text={data.workspace} />
        </span>{' '}
        as {data.roles.join(', ')}.
      </p>
      {!data.must_sign_in && (
        <Field label="Your name" hint="As others see it beside your decisions.">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={100}
              placeholder={data.name ?? ''}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
      )}
      {mustSignIn && (
        <Notice tone="wait" alert title={`${data.email} has an account here already`}>
          Sign in with it in another tab, come back, and accept then.
        </Notice>
      )}
      {accept.isError && !mustSignIn && <Notice tone="no" alert title={`Not accepted. ${errorLine(accept.error)}`} />}
      <Button look="ink" busy={accept.isPending} onClick={() => accept.mutate()}>
        Accept and go in
      </Button>
    </>
  );
};

export const JoinPage = (): ReactNode => {
  useTitle('Invitation');
  const [token] = useState(takeToken);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-115 flex-col justify-center gap-5 px-5 py-10">
      <Mark large />
      <h1 className="text-sentence font-semibold tracking-[-0.011em]">You are invited</h1>
      <Invitation token={token} />
    </main>
  );
};
