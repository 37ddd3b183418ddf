/** The settings of what is chosen: a node, or the workflow itself. */
import type { WireWorkflowProblem } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Copy, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useCan } from '../../session.ts';
import { IconButton } from '../../ui/button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { LOOKS } from '../canvas/looks.ts';
import { NodeForm, WholeForm } from '../form/node-form.tsx';
import { FormContext } from '../form/scope.ts';
import { type Draft, type DraftNode, nameOf } from '../graph/draft.ts';
import { connect, disconnect, renameNode, replaceNode } from '../graph/edits.ts';
import { secretsQuery } from '../queries.ts';
import { LeadsTo } from './leads-to.tsx';
import { faultsOfNode, faultsOfWhole, useNamesAt } from './use-validation.ts';

type InspectorProps = {
  readonly draft: Draft;
  readonly node: DraftNode | null;
  readonly problems: readonly WireWorkflowProblem[];
  readonly readOnly: boolean;
  readonly onChange: (next: Draft, of?: string) => void;
  readonly onRenamed: (id: string) => void;
  readonly onDuplicate: () => void;
  readonly onDelete: () => void;
};

const ID = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Taken over when it is left or Enter is pressed: half an identifier is none. */
const IdField = ({
  draft,
  node,
  readOnly,
  onRename,
}: {
  readonly draft: Draft;
  readonly node: DraftNode;
  readonly readOnly: boolean;
  readonly onRename: (next: string) => void;
}): ReactNode => {
  const [typed, setTyped] = useState(node.id);
  const isTaken = typed !== node.id && draft.nodes.some(({ id }) => id === typed);
  const error = isTaken
    ? 'Another node has it'
    : ID.test(typed)
      ? undefined
      : 'A letter, then letters, digits and _, 63 at most';
  const take = (): void => {
    if (typed === node.id) return;
    if (error === undefined) onRename(typed);
  };
  return (
    <Field label="Identifier" error={error}>
      {(wiring) => (
        <TextInput
          {...wiring}
          className="font-mono"
          readOnly={readOnly}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take();
          }}
        />
      )}
    </Field>
  );
};

export const Inspector = (props: InspectorProps): ReactNode => {
  const { draft, node, problems, readOnly, onChange } = props;
  const secrets = useQuery({ ...secretsQuery, enabled: useCan('tools:read') }).data;
  const namesAt = useNamesAt(draft);
  const scope = useMemo(
    () => ({
      faults: node === null ? faultsOfWhole(problems) : faultsOfNode(problems, draft, node.id),
      names: node === null ? new Map() : namesAt(node),
      secrets: secrets?.map(({ name }) => name) ?? [],
      readOnly,
    }),
    [node, problems, draft, namesAt, secrets, readOnly],
  );
  if (node === null) {
    const { nodes, ...whole } = draft;
    return (
      <FormContext value={scope}>
        <div className="flex flex-col gap-4 p-4">
          <div>
            <h2 className="font-semibold">The workflow</h2>
            <p className="text-label text-fg-3">
              {nodes.length} {nodes.length === 1 ? 'node' : 'nodes'}. Choose one to see its settings.
            </p>
          </div>
          <WholeForm value={whole} onChange={(next) => onChange({ ...next, nodes }, 'whole')} />
        </div>
      </FormContext>
    );
  }
  const look = LOOKS[node.type];
  const Icon = look.icon;
  const set = (next: DraftNode): void => onChange(replaceNode(draft, next), `settings ${node.id}`);
  const { name: _, ...nameless } = node;
  const whole = scope.faults.get('');
  return (
    <FormContext value={scope}>
      <div key={node.id} className="flex flex-col gap-4 p-4">
        <header className="flex items-center gap-2.5">
          <span className={`flex size-8 shrink-0 items-center justify-center rounded-md ${look.tint}`}>
            <Icon size={16} aria-hidden="true" />
          </span>
          <div className="min-w-0 flex-1">
            <p className="text-label text-fg-3">{look.label}</p>
            <h2 className="truncate font-semibold">{nameOf(node)}</h2>
          </div>
          {!readOnly && (
            <>
              <IconButton
                label="Duplicate"
                shortcut="mod+d"
                icon={<Copy size={15} aria-hidden="true" />}
                onClick={props.onDuplicate}
              />
              <IconButton
                label="Delete"
                shortcut="Delete"
                icon={<Trash2 size={15} aria-hidden="true" />}
                onClick={props.onDelete}
              />
            </>
          )}
        </header>
        {whole !== undefined && <p className="text-label font-medium text-no">{whole}</p>}
        <div className="grid grid-cols-2 gap-2.5">
          <Field label="Name">
            {(wiring) => (
              <TextInput
                {...wiring}
                readOnly={readOnly}
                placeholder={node.id}
                maxLength={200}
                value={typeof node['name'] === 'string' ? node['name'] : ''}
                onChange={(event) => set(event.target.value === '' ? nameless : { ...node, name: event.target.value })}
              />
            )}
          </Field>
          <IdField
            draft={draft}
            node={node}
            readOnly={readOnly}
            onRename={(next) => {
              onChange(renameNode(draft, node.id, next));
              props.onRenamed(next);
            }}
          />
        </div>
        <NodeForm node={node} onChange={set} />
        <LeadsTo
          draft={draft}
          node={node}
          faults={scope.faults}
          readOnly={readOnly}
          onConnect={(port, to) => onChange(connect(draft, node.id, port, to))}
          onDisconnect={(port) => onChange(disconnect(draft, node.id, port))}
        />
      </div>
    </FormContext>
  );
};
