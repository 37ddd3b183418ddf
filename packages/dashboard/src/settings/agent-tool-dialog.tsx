/** An agent as a tool of other agents: its name for them, what it is asked for, and how careful the gate is with it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { faultsFrom } from '../agents/faults.ts';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { toolsQuery } from './queries.ts';

/** A name that a model may call it by. */
const suggested = (agent: string): string =>
  `ask_${agent
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')}`.slice(0, 64);

export const AgentToolDialog = ({ onClose }: { readonly onClose: () => void }): ReactNode => {
  const client = useQueryClient();
  const agents = (useQuery(agentsQuery).data ?? []).filter(({ current_version: version }) => version !== null);
  const [agentId, setAgentId] = useState('');
  const [name, setName] = useState('');
  const [version, setVersion] = useState('');
  const [description, setDescription] = useState('');
  const [readOnly, setReadOnly] = useState(false);
  const key = useRef(newIdempotencyKey());
  const chosen = agents.find(({ id }) => id === agentId);
  const fault =
    chosen === undefined
      ? 'Choose an agent'
      : name.trim() === ''
        ? 'Give it a name'
        : version !== '' && !/^[1-9]\d{0,5}$/.test(version)
          ? 'A version is a number'
          : null;
  const create = useMutation({
    mutationFn: () =>
      call(
        'createTool',
        {
          body: {
            name: name.trim(),
            description,
            agent: { agent_id: agentId, version: version === '' ? null : Number(version) },
            annotations: { read_only: readOnly, destructive: false, idempotent: false, open_world: false },
          },
        },
        { idempotencyKey: key.current },
      ),
    onSuccess: async (tool) => {
      await client.invalidateQueries({ queryKey: toolsQuery.queryKey });
      announce(`${tool.name} can be given to agents now.`);
      onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const faults = faultsFrom(create.error);
  return (
    <Modal
      open
      onClose={onClose}
      title="An agent as a tool"
      description="Other agents can ask it for something. Each call is an execution of its own, by its own mode and policies."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={create.isPending} blockedBecause={fault} onClick={() => create.mutate()}>
            Make the tool
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Agent" required error={faults.get('/agent')}>
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={agentId}
              onChange={(event) => {
                setAgentId(event.target.value);
                const agent = agents.find(({ id }) => id === event.target.value);
                if (agent !== undefined && name === '') setName(suggested(agent.name));
              }}
            >
              <option value="">choose one</option>
              {agents.map((agent) => (
                <option key={agent.id} value={agent.id}>
                  {agent.name}
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
        <div className="grid gap-4 phone:grid-cols-[1fr_10rem]">
          <Field label="Name of the tool" required hint="What models call it" error={faults.get('/name')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                className="font-mono"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Version" hint="Empty: the current one" error={faults.get('/agent/version')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="numeric"
                value={version}
                onChange={(event) => setVersion(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field label="What it is good for" hint="Models choose by this." error={faults.get('/description')}>
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={3}
              maxLength={4000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <Check
          label="It only reads"
          hint="Then asking it needs no approval in confirm_tools; what it does itself still goes by its own gate."
          checked={readOnly}
          onChange={(event) => setReadOnly(event.target.checked)}
        />
        {create.isError && <Notice tone="no" alert title={`Not made. ${errorLine(create.error)}`} />}
      </div>
    </Modal>
  );
};
