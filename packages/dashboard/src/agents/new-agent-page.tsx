import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { toolsQuery } from '../settings/queries.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { BACK_CLASS } from './agent-page.tsx';
import { ConfigForm } from './config-form.tsx';
import { faultsFrom } from './faults.ts';
import { NEW_CONFIG } from './modes.ts';
import { agentsQuery } from './queries.ts';

export const NewAgentPage = (): ReactNode => {
  useTitle('New agent');
  const navigate = useNavigate();
  const client = useQueryClient();
  const tools = useQuery(toolsQuery).data ?? [];
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [config, setConfig] = useState(NEW_CONFIG);
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () =>
      call('createAgent', { body: { name: name.trim(), description, config } }, { idempotencyKey: key.current }),
    onSuccess: async (agent) => {
      await client.invalidateQueries({ queryKey: agentsQuery.queryKey });
      await navigate({ to: '/agents/$id', params: { id: agent.id } });
    },
    // What is sent next is another request.
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const faults = new Map(faultsFrom(create.error));
  if (asked && config.model.trim() === '') faults.set('/model', 'is needed');
  const nameFault = asked && name.trim() === '' ? 'is needed' : faults.get('/name');
  const ready = name.trim() !== '' && config.model.trim() !== '';
  return (
    <Page
      narrow
      title="New agent"
      above={
        <Link to="/agents" aria-label="All agents" className={BACK_CLASS}>
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
        <div className="grid gap-3.5 phone:grid-cols-2">
          <Field label="Name" required error={nameFault}>
            {(wiring) => (
              <TextInput {...wiring} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
          <Field label="Description" error={faults.get('/description')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                value={description}
                maxLength={2000}
                onChange={(event) => setDescription(event.target.value)}
              />
            )}
          </Field>
        </div>
        <ConfigForm config={config} tools={tools} onChange={setConfig} faults={faults} />
        {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
        <div className="flex justify-end gap-2">
          <Link to="/agents" className={buttonClass('outline')}>
            Back
          </Link>
          <Button type="submit" look="ink" busy={create.isPending}>
            Create the agent
          </Button>
        </div>
      </form>
    </Page>
  );
};
