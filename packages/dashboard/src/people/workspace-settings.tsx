import type { WireSettings } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Check, Field, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { CriticalSection } from './critical-section.tsx';
import { directoryFault, directoryRolesOf, scimOf } from './directory-roles.ts';
import { FiguresSection, figuresFault, goalOf } from './figures-section.tsx';
import { OnCallSection, onCallChoicesOf, onCallFault, onCallOf } from './on-call-section.tsx';
import { settingsQuery } from './queries.ts';
import { RedactionRulesSection } from './redaction-rules-section.tsx';
import { type RuleRow, rowsOf, ruleFault, rulesOf } from './redaction-rules.ts';
import { ScimSection } from './scim-section.tsx';
import { useChange } from './use-change.ts';

const KEPT = [
  { key: 'requester', label: 'Who asked', hint: 'By stable identity: the person, or the owner of the key.' },
  { key: 'on_behalf_of', label: 'Who it is done for', hint: 'The member on whose behalf the agent works.' },
  { key: 'builder', label: 'Who configured the agent', hint: 'The author of the version that runs.' },
] as const;

const LIMITS = { pending_per_asker: 20, new_per_asker_in_10_minutes: 60, pending: 2000 };
const LIMIT_FIELDS = [
  { key: 'pending_per_asker', label: 'Waiting, of one program' },
  { key: 'new_per_asker_in_10_minutes', label: 'New in ten minutes, of one' },
  { key: 'pending', label: 'Waiting in all' },
] as const;

const REDACTION = [
  { mode: 'standard', label: 'Marked fields, and what surely is a secret' },
  { mode: 'strict', label: 'Also what only looks like one' },
  { mode: 'marked', label: 'Only fields that a tool marks as secret' },
  { mode: 'off', label: 'Nothing' },
] as const;

const Form = ({ settings }: { readonly settings: WireSettings }): ReactNode => {
  const mayWrite = useCan('members:write');
  const [draft, setDraft] = useState(settings);
  const [minutes, setMinutes] = useState(String((settings.single_operator?.cooling_off_seconds ?? 600) / 60));
  const [limits, setLimits] = useState(settings.ask_limits ?? LIMITS);
  const [presets, setPresets] = useState(settings.reason_presets.join('\n'));
  const [wait, setWait] = useState(String(settings.newcomer_wait_hours));
  const [directory, setDirectory] = useState(() => directoryRolesOf(settings.scim));
  const [onCall, setOnCall] = useState(() => onCallChoicesOf(settings.on_call));
  const [figures, setFigures] = useState({
    zone: settings.time_zone,
    hasGoal: settings.decision_goal_seconds !== null,
    minutes: String((settings.decision_goal_seconds ?? 900) / 60),
  });
  const [rules, setRules] = useState<readonly RuleRow[]>(() => rowsOf(settings.redaction_rules));
  const hours = wait.trim() === '' ? Number.NaN : Number(wait);
  const waitFault = hours >= 0 && hours <= 720 ? undefined : 'From 0 to 720 hours';
  const single = draft.single_operator !== null;
  const cooling = Math.round(Number(minutes) * 60);
  const limitFault = Object.values(limits).every((value) => Number.isInteger(value) && value >= 1)
    ? undefined
    : 'Whole numbers from 1 on';
  const fault = single && !(cooling >= 60) ? 'At least one minute' : undefined;
  const next: WireSettings = {
    ...draft,
    single_operator: single ? { cooling_off_seconds: cooling } : null,
    ask_limits: draft.ask_limits === null ? null : limits,
    on_call: onCallOf(onCall),
    newcomer_wait_hours: hours,
    redaction_rules: rulesOf(rules),
    scim: scimOf(directory),
    time_zone: figures.zone,
    decision_goal_seconds: goalOf(figures),
    reason_presets: presets
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  };
  const save = useChange<undefined, unknown>(() => call('putSettings', { body: next }));
  const changed = JSON.stringify(next) !== JSON.stringify(settings);
  return (
    <fieldset disabled={!mayWrite} className="flex max-w-180 flex-col gap-6">
      <Section title="Nobody approves their own">
        <p className="text-fg-2">Whose own requests are kept from them.</p>
        {KEPT.map(({ key, label, hint }) => (
          <Check
            key={key}
            label={label}
            hint={hint}
            checked={draft.self_approval[key]}
            onChange={(event) =>
              setDraft({ ...draft, self_approval: { ...draft.self_approval, [key]: event.target.checked } })
            }
          />
        ))}
        {Object.values(next.self_approval).includes(false) && (
          <Notice tone="wait" title="Somebody can approve what they asked for themselves">
            Every such decision is marked in its record by who made it.
          </Notice>
        )}
      </Section>
      <Section title="Team of one">
        <Check
          label="Who asked may decide after a cooling-off time"
          hint="For a workspace with a single person. The record marks every such decision."
          checked={single}
          onChange={(event) =>
            setDraft({ ...draft, single_operator: event.target.checked ? { cooling_off_seconds: 600 } : null })
          }
        />
        {single && (
          <Field label="Minutes to wait" error={fault} className="max-w-40">
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="decimal"
                value={minutes}
                onChange={(event) => setMinutes(event.target.value)}
              />
            )}
          </Field>
        )}
      </Section>
      <CriticalSection
        value={draft.critical_assurance}
        onChange={(demand) => setDraft({ ...draft, critical_assurance: demand })}
      />
      <Section title="Second factor">
        <Check
          label="Owners, admins and approvers sign in with two factors"
          hint="A passkey, or a password with an authenticator app. Whoever has none is asked to add one before anything else opens."
          checked={draft.require_second_factor === true}
          onChange={(event) => setDraft({ ...draft, require_second_factor: event.target.checked })}
        />
      </Section>
      <Section title="Newcomers">
        <Field
          label="Hours until a new role or group counts for a vote"
          hint="Nobody is made an approver for the sake of one request, unseen. 0: at once."
          error={waitFault}
          className="max-w-100"
        >
          {(wiring) => (
            <TextInput
              {...wiring}
              className="max-w-40"
              inputMode="decimal"
              value={wait}
              onChange={(event) => setWait(event.target.value)}
            />
          )}
        </Field>
      </Section>
      <Section title="Limits on asking">
        <Check
          label="A program may not put more before people than this"
          hint="Whoever is asked too often reads nothing any more. What comes beyond is refused with a time to come again."
          checked={draft.ask_limits !== null}
          onChange={(event) => setDraft({ ...draft, ask_limits: event.target.checked ? limits : null })}
        />
        {draft.ask_limits !== null && (
          <div className="flex flex-wrap gap-4">
            {LIMIT_FIELDS.map(({ key, label }) => (
              <Field key={key} label={label} error={limitFault} className="max-w-50">
                {(wiring) => (
                  <TextInput
                    {...wiring}
                    inputMode="numeric"
                    value={Number.isNaN(limits[key]) ? '' : String(limits[key])}
                    onChange={(event) => setLimits({ ...limits, [key]: Number.parseInt(event.target.value, 10) })}
                  />
                )}
              </Field>
            ))}
          </div>
        )}
      </Section>
      <OnCallSection value={onCall} onChange={setOnCall} />
      <Section title="Secrets in what agents send">
        <Field label="Taken out before anything is stored" hint="A marker stays: what it was, how long, and a digest.">
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={draft.redaction}
              onChange={(event) =>
                setDraft({
                  ...draft,
                  redaction: REDACTION.find(({ mode }) => mode === event.target.value)?.mode ?? 'standard',
                })
              }
            >
              {REDACTION.map(({ mode, label }) => (
                <option key={mode} value={mode}>
                  {label}
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
        {draft.redaction === 'off' && (
          <Notice tone="wait" title="Secrets are stored and shown as they come">
            Whoever may read requests, and whoever gets hold of a copy of the database, can read them.
          </Notice>
        )}
      </Section>
      <RedactionRulesSection rows={rules} onChange={setRules} />
      <Section title="Reasons to choose from">
        <Field label="One a line" hint="Shown where somebody rejects. Empty: the ones that come with the product.">
          {(wiring) => (
            <TextArea {...wiring} rows={6} value={presets} onChange={(event) => setPresets(event.target.value)} />
          )}
        </Field>
      </Section>
      <FiguresSection value={figures} onChange={setFigures} />
      <ScimSection value={directory} onChange={setDirectory} />
      {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      {mayWrite ? (
        <Button
          look="ink"
          className="self-start"
          busy={save.isPending}
          blockedBecause={
            fault ??
            waitFault ??
            onCallFault(onCall) ??
            figuresFault(figures) ??
            ruleFault(rules) ??
            directoryFault(directory) ??
            (draft.ask_limits === null ? undefined : limitFault) ??
            (changed ? null : 'Nothing was changed')
          }
          onClick={() => save.mutate(undefined)}
        >
          Save the settings
        </Button>
      ) : (
        <p className="text-label text-fg-2">An owner or admin can change this.</p>
      )}
    </fieldset>
  );
};

export const WorkspaceSettings = (): ReactNode => {
  const { data, error, refetch } = useQuery(settingsQuery);
  if (data === undefined)
    return error === null ? <Skeleton rows={4} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return <Form key={JSON.stringify(data)} settings={data} />;
};
