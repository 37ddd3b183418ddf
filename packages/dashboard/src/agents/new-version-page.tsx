import type { WireAgent, WireAgentConfig } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { toolsQuery } from '../settings/queries.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Check, Field, TextInput } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { BACK_CLASS } from './agent-page.tsx';
import { ConfigForm } from './config-form.tsx';
import { faultsFrom } from './faults.ts';
import { NEW_CONFIG } from './modes.ts';
import { agentQuery } from './queries.ts';

const VersionForm = ({ agent }: { readonly agent: WireAgent }): ReactNode => {
  const navigate = useNavigate();
  const client = useQueryClient();
  const tools = useQuery(toolsQuery).data ?? [];
  const [config, setConfig] = useState<WireAgentConfig>(agent.current_version?.config ?? NEW_CONFIG);
  const [message, setMessage] = useState('');
  const [promote, setPromote] = useState(true);
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () =>
      call(
        'createVersion',
        { id: agent.id, body: { config, message: message.trim(), promote } },
        { idempotencyKey: key.current },
      ),
    onSuccess: async (version) => {
      await client.invalidateQueries({ queryKey: ['agent', agent.id] });
      void client.invalidateQueries({ queryKey: ['agents'] });
      void client.invalidateQueries({ queryKey: ['versions', agent.id] });
      const before = agent.current_version?.version;
      await navigate({
        to: '/agents/$id/v/$n',
        params: { id: agent.id, n: String(version.version) },
        search: before === undefined ? {} : { compare: before },
      });
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const faults = new Map(faultsFrom(create.error));
  if (asked && config.model.trim() === '') faults.set('/model', 'is needed');
  const ready = message.trim() !== '' && config.model.trim() !== '';
  return (
    <form
      noValidate
      className="flex flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (ready) create.mutate();
      }}
    >
      <ConfigForm config={config} tools={tools} onChange={setConfig} faults={faults} />
      <div className="flex flex-col gap-3.5">
        <Field
          label="What changed, and why"
          required
          error={asked && message.trim() === '' ? 'A message is needed' : faults.get('/message')}
        >
          {(wiring) => (
            <TextInput
              {...wiring}
              value={message}
              maxLength={1000}
              onChange={(event) => setMessage(event.target.value)}
            />
          )}
        </Field>
        <Check
          label="Make it the current version at once"
          hint="Executions that already run stay on theirs."
          checked={promote}
          onChange={(event) => setPromote(event.target.checked)}
        />
      </div>
      {create.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(create.error)}`} />}
      <div className="flex justify-end gap-2">
        <Link to="/agents/$id" params={{ id: agent.id }} className={buttonClass('outline')}>
          Back
        </Link>
        <Button type="submit" look="ink" busy={create.isPending}>
          Save as a new version
        </Button>
      </div>
    </form>
  );
};

export const NewVersionPage = (): ReactNode => {
  useTitle('New version');
  const { id } = useParams({ from: '/app/agents/$id/edit' });
  const { data: agent, error, refetch } = useQuery(agentQuery(id));
  if (agent === undefined)
    return error === null ? (
      <Page title="New version">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return (
    <Page
      narrow
      title={`New version of ${agent.name}`}
      above={
        <Link to="/agents/$id" params={{ id }} aria-label="Back to the agent" className={BACK_CLASS}>
          <ChevronLeft size={18} aria-hidden="true" />
        </Link>
      }
    >
      <VersionForm key={agent.id} agent={agent} />
    </Page>
  );
};
