import type { WireSettings } from '@countersign/contract';
import type { ReactNode } from 'react';
import { RadioCards } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';

type Demand = WireSettings['critical_assurance'];

const DEMANDS = [
  {
    value: 'usual',
    demand: null,
    label: 'A fresh proof, from whoever has a second factor',
    hint: 'Passkey or code, at most five minutes old. Who has neither approves signed in.',
  },
  { value: 'session', demand: 'session', label: 'Signed in', hint: 'Nothing is asked once more.' },
  {
    value: 'step_up',
    demand: 'step_up',
    label: 'A fresh proof, from everybody',
    hint: 'Who has no second factor can not approve what is critical.',
  },
  {
    value: 'signed',
    demand: 'signed',
    label: 'A signature with a passkey',
    hint: 'Over the decision itself: nobody can deny it later. Who has no passkey can not approve what is critical.',
  },
] as const satisfies readonly {
  readonly value: string;
  readonly demand: Demand;
  readonly label: string;
  readonly hint: string;
}[];

type CriticalSectionProps = { readonly value: Demand; readonly onChange: (value: Demand) => void };

/** What approving something critical takes, where no policy demands more. */
export const CriticalSection = ({ value, onChange }: CriticalSectionProps): ReactNode => (
  <Section title="Critical requests">
    <RadioCards
      legend="To approve one takes"
      name="critical-assurance"
      value={DEMANDS.find(({ demand }) => demand === value)?.value ?? 'usual'}
      options={DEMANDS}
      onChange={(chosen) => onChange(DEMANDS.find((one) => one.value === chosen)?.demand ?? null)}
    />
    <p className="text-label text-fg-3">A policy can demand more of single requests, never less.</p>
  </Section>
);
