/** What was taken out of an approval's content, by which rule, and its value for those roles that the rule shows it to. */
import type { WireApproval } from '@countersign/contract';
import { type Json, markersIn, ruleOf } from '@countersign/core';
import { type Engine, placeOfRow } from '@countersign/engine';
import { type Scope, getSettings } from '@countersign/store';
import type { Principal } from '../auth/principal.ts';

/**
 * Only for the answer to one reader, and never for one that is kept. A marker that somebody wrote into the content, and that
 * stands for nothing here, is not among them. Programs are shown nothing: who asked gets it when it takes the approved call.
 */
export const redactionsOf = async (
  { redaction }: Pick<Engine, 'redaction'>,
  scope: Scope,
  approval: WireApproval,
  principal: Principal,
): Promise<NonNullable<WireApproval['redactions']>> => {
  const { arguments: args, output, original, decision, earlier_steps: steps } = approval;
  const content = [args, output, original, decision?.response ?? null, steps] as unknown as Json;
  if (markersIn(content).length === 0) return [];
  const opened = await redaction.open(scope, placeOfRow(approval), content);
  const { redaction_rules: rules = [] } = await getSettings(scope);
  const roles = principal.kind === 'person' ? principal.roles : [];
  return [...opened].map(([marker, value]) => {
    const rule = ruleOf(marker);
    const visibleTo = rules.find(({ name }) => name === rule)?.visible_to ?? [];
    const isShown = visibleTo.some((role) => roles.includes(role));
    return { marker, rule, visible_to: [...visibleTo], ...(isShown ? { value } : {}) };
  });
};
