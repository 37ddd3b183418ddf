import type { WireConversation } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { ModePill } from '../agents/mode-pill.tsx';
import { agentQuery, agentsQuery, versionQuery, versionsQuery } from '../agents/queries.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { SelectInput } from '../ui/field.tsx';
import type { Column } from './columns.ts';
import { usedWords } from './figures.ts';
import { PhoneMark } from './phone-mark.tsx';

type FrameProps = { readonly onClose: (() => void) | null; readonly children: ReactNode };

const Frame = ({ onClose, children }: FrameProps): ReactNode => (
  <header className="flex min-h-13 items-center gap-x-3 gap-y-1 border-b bg-surface px-3 py-1.5 phone:px-6">
    <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1">{children}</div>
    {onClose !== null && (
      <Button look="ghost" size="small" aria-label="Close this column" onClick={onClose}>
        <X size={15} aria-hidden="true" />
      </Button>
    )}
  </header>
);

/** The mode under which a version runs, so that nobody is surprised by what asks and what does not. */
const Mode = ({ agentId, version }: { readonly agentId: string; readonly version: number | null }): ReactNode => {
  const agent = useQuery(agentQuery(agentId));
  const number = version ?? agent.data?.current_version?.version;
  const pinned = useQuery({ ...versionQuery(agentId, number ?? 0), enabled: number !== undefined });
  return pinned.data === undefined ? null : <ModePill mode={pinned.data.config.hitl_mode} />;
};

type TalkProps = { readonly conversation: WireConversation | undefined; readonly onClose: (() => void) | null };

export const ConversationHead = ({ conversation, onClose }: TalkProps): ReactNode => (
  <Frame onClose={onClose}>
    {conversation !== undefined && (
      <>
        <h2 className="min-w-0 truncate font-semibold">
          <PlainText text={conversation.agent.name} brief />{' '}
          <span className="font-mono text-label font-normal text-fg-2">
            {conversation.version === null ? 'current version' : `v${conversation.version}`}
          </span>
        </h2>
        <PhoneMark call={conversation.phone_call} />
        <Mode agentId={conversation.agent.id} version={conversation.version} />
        <span className="text-label whitespace-nowrap text-fg-2">{usedWords(conversation)}</span>
      </>
    )}
  </Frame>
);

type ChoiceProps = {
  readonly column: Extract<Column, { kind: 'agent' }>;
  readonly onChange: (column: Column) => void;
  readonly onClose: (() => void) | null;
};

/** Which agent, and which of its versions, to talk with. */
export const AgentHead = ({ column, onChange, onClose }: ChoiceProps): ReactNode => {
  const agents = useQuery(agentsQuery);
  const versions = useQuery(versionsQuery(column.id));
  const runnable = (agents.data ?? []).filter((agent) => agent.current_version !== null);
  return (
    <Frame onClose={onClose}>
      <SelectInput
        aria-label="Agent"
        className="max-w-50 min-w-0"
        value={column.id}
        onChange={(event) => onChange({ kind: 'agent', id: event.target.value, version: null })}
      >
        {runnable.map((agent) => (
          <option key={agent.id} value={agent.id}>
            {agent.name}
          </option>
        ))}
      </SelectInput>
      <SelectInput
        aria-label="Version"
        className="max-w-44 min-w-0"
        value={column.version ?? ''}
        onChange={(event) =>
          onChange({ ...column, version: event.target.value === '' ? null : Number(event.target.value) })
        }
      >
        <option value="">Current version</option>
        {(versions.data ?? []).map((version) => (
          <option key={version.id} value={version.version}>
            v{version.version} {version.message === '' ? '' : `· ${version.message.slice(0, 40)}`}
          </option>
        ))}
      </SelectInput>
      <Mode agentId={column.id} version={column.version} />
    </Frame>
  );
};
