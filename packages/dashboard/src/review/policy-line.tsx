import type { WireApproval } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';

const RISK: Readonly<Record<string, string>> = {
  read_only: 'only reads',
  reversible: 'can be undone',
  irreversible: 'can not be undone',
  external: 'reaches outside',
};

const riskWord = (risk: string): string => RISK[risk] ?? risk;

/** The rule that held it, with the version it had then; and the risk class of the tool. */
export const PolicyLine = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const mayRead = useCan('policies:read');
  const { policy } = approval;
  const risk = approval.tool === null ? null : approval.risk;
  if (policy === null && risk === null) return null;
  return (
    <p className="text-fg-2">
      {policy !== null && (
        <>
          <ShieldCheck size={14} aria-hidden="true" className="mr-1.5 inline-block -translate-y-px text-fg-3" />
          Policy{' '}
          {mayRead ? (
            <Link
              to="/policies/$id"
              params={{ id: policy.id }}
              className="font-semibold text-fg underline underline-offset-2"
            >
              <PlainText text={policy.name} />
            </Link>
          ) : (
            <span className="font-semibold text-fg">
              <PlainText text={policy.name} />
            </span>
          )}{' '}
          <span className="font-mono text-label">v{policy.version}</span>, rule “
          <PlainText
            text={policy.rule.startsWith(`${policy.name} / `) ? policy.rule.slice(policy.name.length + 3) : policy.rule}
          />
          ”.{' '}
        </>
      )}
      {risk !== null && <span>Risk of the tool: {riskWord(risk)}.</span>}
    </p>
  );
};
