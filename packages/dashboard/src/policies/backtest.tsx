/** What the rules in the editor would have done to the calls of the past; what people rejected and they would let through comes first. */
import type { WireBacktested } from '@countersign/contract';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { ValueText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { Field, SelectInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

type Call = WireBacktested['changed'][number];

const Calls = ({ calls }: { readonly calls: readonly Call[] }): ReactNode => (
  <ul className="card divide-y">
    {calls.map((past, index) => (
      <li key={index} className="px-3 py-2">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-mono text-[13px] font-medium">{past.tool}</span>
          <span>
            was {past.before ?? 'not decided'}, would be {past.outcome}
          </span>
          {past.rule !== null && <span className="text-label text-fg-2">by “{past.rule}”</span>}
          {past.at !== null && (
            <span className="text-label text-fg-3">
              <Ago at={past.at} />
            </span>
          )}
          {past.approval_id !== null && (
            <Link
              to="/history/$id"
              params={{ id: past.approval_id }}
              className="text-label text-accent underline underline-offset-2"
            >
              View
            </Link>
          )}
        </p>
        <div className="font-mono text-label text-fg-2">
          <ValueText text={JSON.stringify(past.arguments)} />
        </div>
      </li>
    ))}
  </ul>
);

const Result = ({ answer }: { readonly answer: WireBacktested }): ReactNode => {
  const through = answer.rejections_let_through;
  const changed = answer.changed.filter(
    (past) => !through.some((first) => first.approval_id !== null && first.approval_id === past.approval_id),
  );
  return (
    <div className="flex flex-col gap-3">
      <dl className="card grid grid-cols-2 divide-x phone:grid-cols-5">
        {(
          [
            ['Calls', answer.calls],
            ['Held', answer.held],
            ['Allowed', answer.allowed],
            ['Blocked', answer.blocked],
            ['Left to the mode', answer.undecided],
          ] as const
        ).map(([label, count]) => (
          <div key={label} className="px-3 py-2">
            <dt className="text-label text-fg-2">{label}</dt>
            <dd className="text-section font-semibold">{count}</dd>
          </div>
        ))}
      </dl>
      {through.length > 0 ? (
        <>
          <Notice
            tone="no"
            alert
            title={`${through.length} ${through.length === 1 ? 'call' : 'calls'} that people rejected would have run`}
          >
            Look at these first.
          </Notice>
          <Calls calls={through} />
        </>
      ) : (
        <Notice tone="ok" title="Nothing that people rejected would have run" />
      )}
      {changed.length > 0 && (
        <>
          <h3 className="font-medium">Would end otherwise ({changed.length})</h3>
          <Calls calls={changed} />
        </>
      )}
    </div>
  );
};

export const Backtest = ({ source }: { readonly source: string }): ReactNode => {
  const [days, setDays] = useState(30);
  const run = useMutation({ mutationFn: () => call('backtestPolicy', { body: { source, within_days: days } }) });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Calls of" className="w-40">
          {(wiring) => (
            <SelectInput {...wiring} value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {[7, 30, 90, 365].map((count) => (
                <option key={count} value={count}>
                  the last {count} days
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
        <Button busy={run.isPending} onClick={() => run.mutate()}>
          <History size={14} aria-hidden="true" /> Try on history
        </Button>
      </div>
      {run.isError && <Notice tone="no" alert title={`Not tried. ${errorLine(run.error)}`} />}
      {run.data !== undefined && (
        <div aria-live="polite">
          <Result answer={run.data} />
        </div>
      )}
    </div>
  );
};
