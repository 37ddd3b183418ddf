/** How far people may decide right in a channel. */
import { type DemandedAssurance, type JsonObject, PRIORITIES, type Priority } from '@countersign/core';

type Asked = {
  readonly kind: string;
  readonly priority: Priority;
  /** What the policy demands of whoever approves it. */
  readonly demanded: DemandedAssurance | null;
  /** Whether its page shows some readers more than others. */
  readonly isShownByRole: boolean;
};

/**
 * Why it can't be approved in a channel of these settings, in words; null: it can. Rejecting is always the safe way, and is
 * never refused for this. A channel vouches for who somebody is, and for no fresh proof of it (trust.md, T20).
 */
export const whyNotHere = ({ priority, demanded, isShownByRole }: Asked, settings: JsonObject): string | null => {
  const upTo = settings['decide_up_to'];
  if (upTo === 'none') return 'Nothing is approved here.';
  if (demanded !== null) return `It takes ${DEMANDS[demanded]}.`;
  if (priority === 'critical') return 'What is critical is not approved here.';
  if (PRIORITIES.indexOf(priority) > PRIORITIES.indexOf((upTo ?? 'high') as Priority))
    return `Of ${priority} priority nothing is approved here.`;
  return isShownByRole ? 'Some of it is shown by role, on its page alone.' : null;
};

const DEMANDS: Readonly<Record<DemandedAssurance, string>> = {
  session: 'somebody who is signed in',
  step_up: 'a fresh proof of who you are',
  signed: 'your signature',
};
