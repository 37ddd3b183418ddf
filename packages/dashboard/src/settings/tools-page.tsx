import type { WireTool } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { propertiesOf, requiredOf, typeWord } from '../schema-form/schema.ts';
import { useCan } from '../session.ts';
import { SelectInput } from '../ui/field.tsx';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton, errorLine } from '../ui/states.tsx';
import { toolsQuery } from './queries.ts';

const AgentToolDialog = lazy(async () => ({ default: (await import('./agent-tool-dialog.tsx')).AgentToolDialog }));

const Tag = ({ children, strong = false }: { readonly children: ReactNode; readonly strong?: boolean }): ReactNode => (
  <span
    className={
      strong
        ? 'rounded-full border border-wait-line bg-wait-tint px-1.5 text-meta font-medium text-wait'
        : 'rounded-full border px-1.5 text-meta text-fg-2'
    }
  >
    {children}
  </span>
);

const Annotations = ({ tool }: { readonly tool: WireTool }): ReactNode => {
  const { read_only: readOnly, destructive, idempotent, open_world: openWorld } = tool.annotations;
  return (
    <span className="flex flex-wrap gap-1">
      {readOnly ? <Tag>only reads</Tag> : destructive ? <Tag strong>can destroy</Tag> : <Tag>changes something</Tag>}
      {!readOnly && idempotent && <Tag>safe to repeat</Tag>}
      {openWorld && <Tag>reaches outside</Tag>}
    </span>
  );
};

const ApprovalSetting = ({ tool }: { readonly tool: WireTool }): ReactNode => {
  const client = useQueryClient();
  const mayWrite = useCan('tools:write');
  const update = useMutation({
    mutationFn: (approval: WireTool['approval']) => call('updateTool', { id: tool.id, body: { approval } }),
    onSuccess: () => client.invalidateQueries({ queryKey: toolsQuery.queryKey }),
  });
  if (!mayWrite)
    return (
      <span className="text-label text-fg-2">{tool.approval === 'always' ? 'always asks' : 'as the agent says'}</span>
    );
  return (
    <span className="w-44">
      <SelectInput
        aria-label={`Approval of ${tool.name}`}
        value={tool.approval}
        disabled={update.isPending}
        onChange={(event) => update.mutate(event.target.value as WireTool['approval'])}
      >
        <option value="default">as the agent says</option>
        <option value="always">always asks</option>
      </SelectInput>
      {update.isError && (
        <span role="alert" className="block text-label text-no">
          {errorLine(update.error)}
        </span>
      )}
    </span>
  );
};

const Parameters = ({ tool }: { readonly tool: WireTool }): ReactNode => {
  const needed = requiredOf(tool.parameters);
  const rows = Object.entries(propertiesOf(tool.parameters));
  return (
    <div className="flex flex-col gap-3 pr-3.5 pb-4 pl-9">
      {tool.description !== '' && (
        <p className="text-fg-2">
          <ValueText text={tool.description} />
        </p>
      )}
      {tool.agent !== null && (
        <p>
          Asks{' '}
          <Link
            to="/agents/$id"
            params={{ id: tool.agent.agent_id }}
            className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
          >
            an agent
          </Link>
          , {tool.agent.version === null ? 'its current version' : `version ${tool.agent.version}`}.
        </p>
      )}
      {tool.http !== null && (
        <p className="font-mono text-[13px] [overflow-wrap:anywhere]">
          {tool.http.method} {tool.http.url}
        </p>
      )}
      {tool.summary_template !== null && (
        <p className="text-label text-fg-2">
          Shown to reviewers as “<PlainText text={tool.summary_template} />”
        </p>
      )}
      {rows.length === 0 ? (
        <p className="text-fg-3">no arguments</p>
      ) : (
        <dl className="card divide-y">
          {rows.map(([name, schema]) => (
            <div key={name} className="flex flex-wrap gap-x-4 px-3.5 py-1.5">
              <dt className="w-full font-mono text-[13px] phone:w-44">
                {name}
                {needed.includes(name) && <span className="font-sans text-meta text-fg-3"> · needed</span>}
              </dt>
              <dd className="min-w-0 flex-1 basis-48 text-label text-fg-2">
                <PlainText text={typeof schema['description'] === 'string' ? schema['description'] : ''} />
              </dd>
              <dd className="text-meta leading-5 text-fg-3">{typeWord(schema, undefined)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
};

export const ToolsPage = (): ReactNode => {
  useTitle('Tools');
  const { data, error, refetch } = useQuery(toolsQuery);
  const mayWrite = useCan('tools:write');
  const [making, setMaking] = useState(false);
  return (
    <Page
      title="Tools"
      actions={mayWrite && <Button onClick={() => setMaking(true)}>An agent as a tool</Button>}
      below={
        <p className="text-fg-2">
          What agents can call. “Always asks” holds a tool in{' '}
          <span className="font-mono text-label">confirm_tools</span> even where an agent’s list allows it.
        </p>
      }
    >
      {data === undefined &&
        (error === null ? <Skeleton rows={6} /> : <Failure error={error} onRetry={() => void refetch()} />)}
      {data?.length === 0 && (
        <Empty title="No tool yet">Tools are defined over the API, or taken over from an MCP server.</Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((tool) => (
            <li key={tool.id} className="relative">
              <details className="group">
                <summary className="flex min-h-12 list-none flex-wrap items-center gap-x-3 gap-y-1 py-2 pr-3.5 pl-3 hover:bg-hover phone:pr-52">
                  <ChevronRight
                    size={14}
                    aria-hidden="true"
                    className="shrink-0 text-fg-3 transition-transform duration-100 group-open:rotate-90"
                  />
                  <span className="min-w-0 font-mono text-[13px] font-medium [overflow-wrap:anywhere]">
                    {tool.name}
                  </span>
                  <span className="font-mono text-meta text-fg-3">
                    v{tool.version} · {tool.kind}
                  </span>
                  <Annotations tool={tool} />
                </summary>
                <Parameters tool={tool} />
              </details>
              <div className="px-9 pb-3 phone:absolute phone:top-2 phone:right-3.5 phone:p-0">
                <ApprovalSetting tool={tool} />
              </div>
            </li>
          ))}
        </ul>
      )}
      {making && (
        <Suspense fallback={null}>
          <AgentToolDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </Page>
  );
};
