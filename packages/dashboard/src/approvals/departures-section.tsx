/** How a held call departs from the plans that were approved for whoever asks. */
import type { WireApproval } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Section } from '../ui/page.tsx';
import { PlainText, ValueText } from './value-text.tsx';

type Departure = NonNullable<WireApproval['departures']>[number];

const One = ({ departure }: { readonly departure: Departure }): ReactNode => (
  <li className="px-3.5 py-2">
    {departure.argument === null ? (
      <p>
        <PlainText text={`${departure.text.charAt(0).toUpperCase()}${departure.text.slice(1)}.`} />
      </p>
    ) : (
      <dl className="grid gap-x-4 gap-y-0.5 phone:grid-cols-[9rem_1fr_1fr]">
        <dt className="text-fg-2">
          Line {departure.line}, <PlainText text={departure.argument} />
        </dt>
        <dd className="min-w-0">
          <span className="mr-1.5 text-label text-fg-3">allowed</span>
          <span className="font-mono text-[13.5px]">
            <ValueText text={departure.allowed ?? ''} />
          </span>
        </dd>
        <dd className="min-w-0">
          <span className="mr-1.5 text-label text-fg-3">asked</span>
          <span className="font-mono text-[13.5px] font-medium text-wait">
            <ValueText text={departure.asked ?? ''} />
          </span>
        </dd>
      </dl>
    )}
  </li>
);

export const DeparturesSection = ({ departures }: { readonly departures: readonly Departure[] }): ReactNode => {
  const [first] = departures;
  return first === undefined ? null : (
    <Section
      title="How it departs from the plan"
      aside={
        <Link
          to="/history/$id"
          params={{ id: first.plan }}
          className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
        >
          See the plan
        </Link>
      }
    >
      <ul className="card divide-y">
        {departures.map((departure, index) => (
          <One key={index} departure={departure} />
        ))}
      </ul>
    </Section>
  );
};
