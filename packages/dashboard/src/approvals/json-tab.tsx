import type { WireApproval } from '@countersign/contract';
import { digestJson } from '@countersign/core';
import { type ReactNode, useMemo } from 'react';
import { CopyButton } from '../ui/copy.tsx';
import { Section } from '../ui/page.tsx';
import { PlainText } from './value-text.tsx';

const Block = ({ text, label }: { readonly text: string; readonly label: string }): ReactNode => (
  <div className="card relative">
    <span className="absolute top-1.5 right-2">
      <CopyButton text={text} label={`Copy ${label}`} />
    </span>
    <pre
      tabIndex={0}
      aria-label={label}
      className="overflow-x-auto px-3.5 py-3 pr-12 font-mono text-[12.5px] leading-5 whitespace-pre-wrap [overflow-wrap:anywhere]"
    >
      <PlainText text={text} />
    </pre>
  </div>
);

export const JsonTab = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const computed = useMemo(() => digestJson(approval.action), [approval.action]);
  return (
    <>
      <Section title="Action" aside="exactly what is approved or rejected">
        <Block text={JSON.stringify(approval.action, null, 2)} label="the action" />
      </Section>
      <Section title="Digest" aside="SHA-256 of the action’s canonical JSON (RFC 8785)">
        <Block text={approval.digest} label="the digest" />
        <p className={computed === approval.digest ? 'text-label text-ok' : 'text-label font-semibold text-no'}>
          {computed === approval.digest
            ? 'This browser computed the same digest.'
            : `This browser computed ${computed}.`}
        </p>
      </Section>
      <Section title="Approval" aside="as the server stores and answers it">
        <Block text={JSON.stringify(approval, null, 2)} label="the approval" />
      </Section>
    </>
  );
};
