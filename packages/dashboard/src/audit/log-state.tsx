/** "Verified up to entry N": what this browser itself has checked, and what that does and does not show. */
import { useQuery } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSession } from '../session.ts';
import { Ago } from '../ui/moment.tsx';
import { Notice } from '../ui/states.tsx';
import { type HeadCheck, checkHead } from './verify.ts';
import { StartEpoch } from './start-epoch.tsx';

const EVERY_MS = 10_000;
const number = new Intl.NumberFormat();

const Verified = ({ check }: { readonly check: Extract<HeadCheck, { type: 'verified' }> }): ReactNode => (
  <details className="card px-3.5 py-2.5">
    <summary className="flex min-h-6 cursor-pointer flex-wrap items-center gap-x-2 gap-y-1 pointer-coarse:min-h-11">
      <ShieldCheck size={16} aria-hidden="true" className="shrink-0 text-ok" />
      <span className="font-semibold">Verified up to entry {number.format(check.size - 1)}</span>
      <span className="text-label text-fg-3">
        <Ago at={check.at} />
      </span>
      <span className="ml-auto text-label text-fg-3 underline underline-offset-2">What this shows</span>
    </summary>
    <div className="mt-2 flex max-w-160 flex-col gap-2 text-fg-2">
      <p>
        This browser has checked the signature of the log’s head, with the key{' '}
        <span className="font-mono">{check.key}</span>
        {check.since === null
          ? '. It is the first head it has seen: from here on it notices if anything before is changed or taken away.'
          : `, and that all ${number.format(check.since.size)} entries it knew of before are still its beginning, unchanged.`}
      </p>
      <p>
        It takes the key’s word from this server, and does not read every entry. To check all of them away from this
        server, export the log and run <span className="font-mono">countersign verify</span>, with a checkpoint that you
        have kept.
      </p>
    </div>
  </details>
);

export const LogState = (): ReactNode => {
  const { workspace } = useSession();
  const check = useQuery({
    queryKey: ['audit', 'head', workspace.id],
    queryFn: () => checkHead(workspace.id),
    refetchInterval: EVERY_MS,
  });
  if (check.isPending) return <p className="text-label text-fg-3">Checking the head of the log …</p>;
  if (check.isError) return <Notice tone="wait" title="The head of the log could not be read. It is tried again." />;
  switch (check.data.type) {
    case 'verified':
      return <Verified check={check.data} />;
    case 'empty':
      return <Notice tone="off" title="Nothing is sealed yet" />;
    case 'unable':
      return (
        <Notice tone="off" title="This browser can not check the log">
          It has no WebCrypto with Ed25519 here. Export the log and run countersign verify.
        </Notice>
      );
    case 'wrong':
      return (
        <Notice tone="no" alert title="The log does not go on from what this browser has seen">
          <span className="flex items-start gap-2">
            <ShieldAlert size={16} aria-hidden="true" className="mt-0.5 shrink-0 text-no" />
            {check.data.why}
          </span>
        </Notice>
      );
    case 'forked':
      return <StartEpoch checkpoint={check.data.checkpoint} />;
  }
};
