import type { PolicyVerdict } from '../policy/evaluate.ts';
import type { GateVerdict } from './decide-gate.ts';

/**
 * What the mode and the policies come to together: the stricter of both, except that a policy may let through what the
 * mode would hold or refuse where the agent version allows that (`allow_policy_relaxation`).
 */
export const combine = (mode: GateVerdict, policy: PolicyVerdict, isRelaxationAllowed: boolean): GateVerdict => {
  switch (policy.outcome) {
    case 'deny':
    case 'block':
      return { outcome: 'block', reason: policy.reason };
    case 'hold':
      return mode.outcome === 'block' ? mode : { outcome: 'hold', reason: policy.reason };
    case 'allow':
    case 'audit':
      return mode.outcome === 'proceed' || !isRelaxationAllowed ? mode : { outcome: 'proceed', reason: policy.reason };
    case 'mode':
    case null:
      return mode;
  }
};
