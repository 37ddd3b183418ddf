import { ROLES } from '@countersign/core';
import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Check, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import type { RuleRow } from './redaction-rules.ts';

type SectionProps = { readonly rows: readonly RuleRow[]; readonly onChange: (rows: readonly RuleRow[]) => void };

/** Which fields are kept from most people, and who is shown them. */
export const RedactionRulesSection = ({ rows, onChange }: SectionProps): ReactNode => {
  const set = (index: number, row: RuleRow): void => onChange(rows.map((one, place) => (place === index ? row : one)));
  return (
    <Section title="Fields that only some may see">
      <p className="text-fg-2">
        Taken out of whatever agents send, by the field’s name, before it is stored. People with one of the roles are
        shown it with the request; programs get it when they carry out what was approved; nobody else, anywhere.
      </p>
      {rows.length > 0 && (
        <ul className="card divide-y">
          {rows.map((row, index) => (
            <li key={index} className="flex flex-col gap-2.5 px-3 py-3">
              <div className="flex flex-wrap items-center gap-2">
                <TextInput
                  className="min-w-0 flex-1 basis-40"
                  aria-label={`Name of rule ${index + 1}`}
                  placeholder="Pay"
                  maxLength={60}
                  value={row.name}
                  onChange={(event) => set(index, { ...row, name: event.target.value })}
                />
                <TextInput
                  className="min-w-0 flex-2 basis-60 font-mono text-[13px]"
                  aria-label={`Fields of rule ${index + 1}, with commas between them`}
                  placeholder="salary, bonus"
                  value={row.fields}
                  onChange={(event) => set(index, { ...row, fields: event.target.value })}
                />
                <IconButton
                  label={`Remove rule ${index + 1}`}
                  icon={<Trash2 size={14} aria-hidden="true" />}
                  onClick={() => onChange(rows.filter((_, place) => place !== index))}
                />
              </div>
              <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1">
                <legend className="sr-only">Who is shown rule {index + 1}</legend>
                <span aria-hidden="true" className="text-label text-fg-2">
                  Shown to
                </span>
                {ROLES.map((role) => (
                  <Check
                    key={role}
                    label={role}
                    checked={row.roles.includes(role)}
                    onChange={(event) =>
                      set(index, {
                        ...row,
                        roles: ROLES.filter((one) => (one === role ? event.target.checked : row.roles.includes(one))),
                      })
                    }
                  />
                ))}
              </fieldset>
            </li>
          ))}
        </ul>
      )}
      <Button
        size="small"
        className="self-start"
        onClick={() => onChange([...rows, { name: '', fields: '', roles: ['approver'] }])}
      >
        <Plus size={13} aria-hidden="true" /> Rule
      </Button>
    </Section>
  );
};
