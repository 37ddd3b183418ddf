/** A workflow from a template, from nothing, or from a file. What it begins with is a draft: nothing runs before it is published. */
import { type Json, parseStrict } from '@countersign/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronLeft, Upload } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../../api.ts';
import { BACK_CLASS } from '../../agents/agent-page.tsx';
import { useTitle } from '../../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../../idempotency.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Field, RadioCards, TextArea, TextInput } from '../../ui/field.tsx';
import { Page } from '../../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../../ui/states.tsx';
import { storeDraft } from '../editor/stored-draft.ts';
import { BLANK, type Draft, readDraft } from '../graph/draft.ts';
import { templatesQuery } from '../queries.ts';

const BLANK_KEY = '';
const IMPORT_KEY = '#import';

/** A definition, or a whole answer of the API that has one. */
const definitionIn = (value: Json): Json => {
  const object = value as { definition?: Json; current_version?: { definition?: Json } } | null;
  return object?.definition ?? object?.current_version?.definition ?? value;
};

const readImport = (text: string): Draft | string => {
  const parsed = parseStrict(text);
  return parsed.ok ? readDraft(definitionIn(parsed.value)) : `is not valid JSON: ${parsed.refusal.detail}`;
};

export const NewWorkflowPage = (): ReactNode => {
  useTitle('New workflow');
  const navigate = useNavigate();
  const client = useQueryClient();
  const templates = useQuery(templatesQuery);
  const [from, setFrom] = useState(BLANK_KEY);
  const [typedName, setName] = useState<string | null>(null);
  const [typedDescription, setDescription] = useState<string | null>(null);
  const [json, setJson] = useState('');
  const [asked, setAsked] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const template = templates.data?.find(({ key }) => key === from);
  const name = typedName ?? template?.name ?? '';
  const description = typedDescription ?? template?.description ?? '';
  const imported = from === IMPORT_KEY ? readImport(json) : null;
  const draft: Draft | string = imported ?? (template?.definition as unknown as Draft | undefined) ?? BLANK;
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () =>
      call(
        'createWorkflow',
        { body: { name: name.trim(), description: description.trim() } },
        {
          idempotencyKey: key.current,
        },
      ),
    onSuccess: (workflow) => {
      if (typeof draft !== 'string') storeDraft(workflow.id, { basedOn: 0, draft });
      void client.invalidateQueries({ queryKey: ['workflows'] });
      return navigate({ to: '/workflows/$id', params: { id: workflow.id } });
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const ready = name.trim() !== '' && typeof draft !== 'string';
  return (
    <Page
      narrow
      title="New workflow"
      above={
        <Link to="/workflows" aria-label="All workflows" className={BACK_CLASS}>
          <ChevronLeft size={18} aria-hidden="true" />
        </Link>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-6"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (ready) create.mutate();
        }}
      >
        {templates.data === undefined ? (
          templates.error === null ? (
            <Skeleton rows={4} className="h-15" />
          ) : (
            <Failure error={templates.error} onRetry={() => void templates.refetch()} />
          )
        ) : (
          <RadioCards
            legend="Begin with"
            name="from"
            columns
            value={from}
            onChange={setFrom}
            options={[
              { value: BLANK_KEY, label: 'Nothing', hint: 'A start and an end; everything between is yours.' },
              ...templates.data.map((one) => ({
                value: one.key,
                label: one.name,
                hint: one.description,
                aside: `${one.definition.nodes.length} nodes`,
              })),
              { value: IMPORT_KEY, label: 'A JSON', hint: 'A definition from a file, another workspace or the API.' },
            ]}
          />
        )}
        {template !== undefined && (
          <p className="-mt-3 text-label text-fg-2">
            It calls <span className="font-mono">{template.tools.join(', ')}</span>. Where your tools have other names,
            the editor says so at the node.
          </p>
        )}
        {from === IMPORT_KEY && (
          <Field
            label="Definition"
            error={
              typeof imported === 'string' && json !== '' ? `It ${imported}`.replace('It there', 'There') : undefined
            }
          >
            {(wiring) => (
              <>
                <TextArea
                  {...wiring}
                  rows={9}
                  className="font-mono text-[13px]"
                  value={json}
                  placeholder='{ "nodes": [ … ] }'
                  onChange={(event) => setJson(event.target.value)}
                />
                <input
                  ref={file}
                  type="file"
                  accept=".json,application/json"
                  aria-label="Definition from a file"
                  className="sr-only"
                  tabIndex={-1}
                  onChange={(event) => {
                    void event.target.files?.[0]?.text().then(setJson);
                  }}
                />
                <Button size="small" className="self-start" onClick={() => file.current?.click()}>
                  <Upload size={13} aria-hidden="true" /> Choose a file
                </Button>
              </>
            )}
          </Field>
        )}
        <Field label="Name" required error={asked && name.trim() === '' ? 'A name is needed' : undefined}>
          {(wiring) => (
            <TextInput {...wiring} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label="Description">
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={2}
              maxLength={2000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
        {asked && typeof draft === 'string' && <Notice tone="no" alert title="The JSON can not be drawn as it is." />}
        <div className="flex justify-end gap-2">
          <Link to="/workflows" className={buttonClass('outline')}>
            Back
          </Link>
          <Button type="submit" look="ink" busy={create.isPending}>
            Create it
          </Button>
        </div>
      </form>
    </Page>
  );
};
