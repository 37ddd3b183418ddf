import type { ReactNode } from 'react';
import { zoneFault } from '../live/zones.ts';
import { Check, Field, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { TimeZoneField } from '../ui/time-zone-field.tsx';

/** As typed. Without a goal the minutes stay, for when it is switched on again. */
export type FigureChoices = { readonly zone: string; readonly hasGoal: boolean; readonly minutes: string };

const YEAR_SECONDS = 31_536_000;

export const goalOf = ({ hasGoal, minutes }: FigureChoices): number | null =>
  hasGoal ? Math.round(Number(minutes) * 60) : null;

const goalFault = (choices: FigureChoices): string | undefined => {
  const goal = goalOf(choices);
  return goal === null || (goal >= 1 && goal <= YEAR_SECONDS) ? undefined : 'More than nothing, and at most a year';
};

export const figuresFault = (choices: FigureChoices): string | undefined =>
  zoneFault(choices.zone) ?? goalFault(choices);

type FiguresSectionProps = { readonly value: FigureChoices; readonly onChange: (value: FigureChoices) => void };

/** How the page of figures counts. */
export const FiguresSection = ({ value, onChange }: FiguresSectionProps): ReactNode => (
  <Section title="Figures">
    <TimeZoneField
      value={value.zone}
      hint="In which days and hours are counted."
      onChange={(zone) => onChange({ ...value, zone })}
    />
    <Check
      label="There is a goal for the time to a decision"
      hint="A line in the chart, and nothing else: it ends no request and reminds nobody."
      checked={value.hasGoal}
      onChange={(event) => onChange({ ...value, hasGoal: event.target.checked })}
    />
    {value.hasGoal && (
      <Field label="Minutes to a decision" error={goalFault(value)} className="max-w-40">
        {(wiring) => (
          <TextInput
            {...wiring}
            inputMode="decimal"
            value={value.minutes}
            onChange={(event) => onChange({ ...value, minutes: event.target.value })}
          />
        )}
      </Field>
    )}
  </Section>
);
