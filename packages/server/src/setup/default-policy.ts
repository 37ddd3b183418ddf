/** The policy that a new workspace begins with. */
import { DEFAULT_POLICY } from '@countersign/core';
import { type Scope, appendEvent, insertPolicy, insertPolicyVersion, newId, savePolicy } from '@countersign/store';

const SOURCE = `# Rules are read from the top; the first that matches decides, and a "deny" anywhere wins.
# Where none matches, the agent's mode decides. See the policies guide.
rules:
  - name: reading goes ahead
    risk: [read_only]
    outcome: allow

  # Looks like a runaway agent: to the top of the queue.
  - name: many like it in a short time come first
    history: { within_seconds: 600, more_than_calls: 30 }
    outcome: mode
    hold: { priority: high, key_may_approve: true }
`;

export const createDefaultPolicy = async (scope: Scope): Promise<void> => {
  const actor = { kind: 'system', id: 'system', name: 'Countersign' } as const;
  const row = await insertPolicy(scope, newId('policy'), 'Default');
  const { version } = await insertPolicyVersion(scope, {
    policyId: row.id,
    source: SOURCE,
    definition: DEFAULT_POLICY,
    message: 'What a new workspace begins with',
    createdBy: actor,
  });
  await savePolicy(scope, { ...row, current_version: version });
  await appendEvent(scope, { type: 'policy.created', subject: row.id, actor, data: { name: row.name } });
};
