import type { Permission } from '@countersign/core';
import type { ReactNode } from 'react';
import { useSession } from '../session.ts';
import { Check } from '../ui/field.tsx';
import { SCOPE_GROUPS, SCOPE_SENTENCES, whyNot } from './scopes.ts';

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

type ScopeFieldsProps = {
  readonly chosen: ReadonlySet<Permission>;
  readonly onChange: (chosen: ReadonlySet<Permission>) => void;
};

/** Every scope that one can give; those that what is chosen excludes say why. */
export const ScopeFields = ({ chosen, onChange }: ScopeFieldsProps): ReactNode => {
  const { permissions } = useSession();
  const toggle = (scope: Permission, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(scope);
    else next.delete(scope);
    onChange(next);
  };
  return SCOPE_GROUPS.map((group) => {
    const scopes = group.scopes.filter((scope) => permissions.includes(scope));
    if (scopes.length === 0) return null;
    return (
      <fieldset key={group.title} className="flex flex-col gap-1.5">
        <legend className="font-semibold">{group.title}</legend>
        <p className="text-label text-fg-2">{group.hint}</p>
        <div className="grid gap-1.5 phone:grid-cols-2">
          {scopes.map((scope) => {
            const refused = whyNot(scope, chosen);
            return (
              <Check
                key={scope}
                disabled={refused !== null}
                checked={chosen.has(scope)}
                onChange={(event) => toggle(scope, event.target.checked)}
                label={capital(SCOPE_SENTENCES[scope])}
                {...(refused === null ? {} : { hint: capital(refused) })}
              />
            );
          })}
        </div>
      </fieldset>
    );
  });
};
