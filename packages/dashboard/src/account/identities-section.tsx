import type { WireAccount } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { rememberReturn } from '../sign-in/sso.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { signInWaysQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

/** Accounts at providers of single sign-on. Absent where there are none. */
export const IdentitiesSection = ({ account }: { readonly account: WireAccount }): ReactNode => {
  const providers = useQuery(signInWaysQuery).data?.providers ?? [];
  const connect = useAccountChange(async (provider: string) => {
    const { url } = await call('startIdentity', { body: { provider } });
    rememberReturn({ back: '/account', purpose: 'connect' });
    location.assign(url);
  });
  const disconnect = useAccountChange((provider: string) => call('unlinkIdentity', { provider }));
  const error = connect.error ?? disconnect.error;
  const others = providers.filter(({ id }) => !account.identities.some(({ provider }) => provider === id));
  if (providers.length === 0 && account.identities.length === 0) return null;
  return (
    <Section title="Single sign-on">
      <ul className="card divide-y">
        {account.identities.map(({ provider, name, linked_at: linkedAt }) => (
          <li key={provider} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
            <span className="min-w-0 flex-1">
              <span className="font-medium">{name}</span>
              <span className="block text-label text-fg-2">
                connected <Ago at={linkedAt} />
              </span>
            </span>
            <Button
              size="small"
              look="reject"
              aria-label={`Disconnect ${name}`}
              busy={disconnect.isPending}
              onClick={() => disconnect.mutate(provider)}
            >
              Disconnect
            </Button>
          </li>
        ))}
        {others.map(({ id, name }) => (
          <li key={id} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
            <span className="min-w-0 flex-1 font-medium">{name}</span>
            <Button
              size="small"
              aria-label={`Connect ${name}`}
              busy={connect.isPending}
              onClick={() => connect.mutate(id)}
            >
              Connect
            </Button>
          </li>
        ))}
      </ul>
      {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
    </Section>
  );
};
