import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { channelIdentitiesQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

const HOW = { email: 'known by your address', code: 'linked by a code' } as const;
const NAMES: Readonly<Record<string, string>> = { slack: 'Slack', discord: 'Discord', teams: 'Teams' };
/** Those that are entered in a channel; a phone has its own section. */
const isInChannel = ({ kind }: { readonly kind: string }): boolean => kind !== 'phone';

const Code = ({ code }: { readonly code: string }): ReactNode => (
  <Notice tone="wait" alert title="Enter this code in the channel">
    <p className="my-1.5 font-mono text-section tracking-wider select-all">{code}</p>
    <p>
      Good once, for ten minutes. Click any button of a request there: whoever is not known is asked for a code. Give it
      to nobody: whoever enters it decides as you.
    </p>
  </Notice>
);

/** Who one is in Slack and other channels: what is decided there under these names counts as one's own. */
export const ChannelIdentitiesSection = (): ReactNode => {
  const { data, error } = useQuery(channelIdentitiesQuery);
  const make = useAccountChange(() => call('createLinkCode', {}));
  const remove = useAccountChange((id: string) => call('removeChannelIdentity', { id }));
  const failed = make.error ?? remove.error;
  return (
    <div id="channels">
      <Section title="In channels">
        <p className="text-fg-2">What is decided in a channel under these names counts as yours.</p>
        {data === undefined && (error === null ? <Skeleton rows={1} className="h-12" /> : <Failure error={error} />)}
        {data !== undefined && data.some(isInChannel) && (
          <ul className="card divide-y">
            {data.filter(isInChannel).map(({ id, kind, name, user, how, linked_at: linkedAt }) => (
              <li key={id} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
                <span className="min-w-0 flex-1">
                  <span className="font-medium">
                    {name} in {NAMES[kind] ?? kind}
                  </span>
                  <span className="block text-label text-fg-2">
                    <span className="font-mono">{user}</span>, {HOW[how]} <Ago at={linkedAt} />
                  </span>
                </span>
                <Button
                  size="small"
                  look="reject"
                  aria-label={`Remove ${name} in ${NAMES[kind] ?? kind}`}
                  busy={remove.isPending}
                  onClick={() => remove.mutate(id)}
                >
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
        {make.data !== undefined && <Code code={make.data.code} />}
        <div>
          <Button size="small" busy={make.isPending} onClick={() => make.mutate(undefined)}>
            Make a code
          </Button>
        </div>
        {failed !== null && <Notice tone="no" alert title={`Not done. ${errorLine(failed)}`} />}
      </Section>
    </div>
  );
};
