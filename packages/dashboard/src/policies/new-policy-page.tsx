import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { BACK_CLASS } from '../agents/agent-page.tsx';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { policiesQuery } from './queries.ts';
import { SourceEditor } from './source-editor.tsx';
import { TryCall } from './try-call.tsx';
import { useCheck } from './use-check.ts';

const START = `rules:
  - name: large payments
    tools: ["payments.*"]
    when: request.arguments.amount > 1000
    outcome: hold
    hold:
      stages: [{ approvers: "1 of role:approver" }]
      timeout_seconds: 3600
      priority: high
`;

export const NewPolicyPage = (): ReactNode => {
  useTitle('New policy');
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [source, setSource] = useState(START);
  const checked = useCheck(source);
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () =>
      call(
        'createPolicy',
        { body: { name: name.trim(), source, message: 'First version' } },
        { idempotencyKey: key.current },
      ),
    onSuccess: async (policy) => {
      await client.invalidateQueries({ queryKey: policiesQuery.queryKey });
      await navigate({ to: '/policies/$id', params: { id: policy.id } });
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const blocked =
    name.trim() === ''
      ? 'Give it a name first'
      : checked.problems.length > 0
        ? 'The rules have problems'
        : checked.isCurrent
          ? null
          : 'The rules are being checked';
  return (
    <Page
      title="New policy"
      above={
        <Link to="/policies" aria-label="Back to the policies" className={BACK_CLASS}>
          <ChevronLeft size={18} aria-hidden="true" />
        </Link>
      }
      actions={
        <Button look="ink" busy={create.isPending} blockedBecause={blocked} onClick={() => create.mutate()}>
          Create the policy
        </Button>
      }
    >
      <Field label="Name" className="max-w-120">
        {(wiring) => (
          <TextInput {...wiring} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Section title="Rules" aside="YAML or JSON">
        <SourceEditor label="Rules" value={source} onChange={setSource} checked={checked} />
      </Section>
      {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
      <Section title="Try one call">
        <TryCall source={source} />
      </Section>
    </Page>
  );
};
