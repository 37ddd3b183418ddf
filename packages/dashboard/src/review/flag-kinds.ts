import type { WireApproval } from '@countersign/contract';
import { ArrowLeftRight, Sparkle, TrendingUp, Unplug } from 'lucide-react';

export type Flag = WireApproval['flags'][number];

/** What each kind of flag is called, with a sign of its own. */
export const FLAG_KINDS = {
  changed: { word: 'Changed', icon: ArrowLeftRight, look: 'text-esc' },
  unusual: { word: 'Unusual', icon: TrendingUp, look: 'text-wait' },
  new_value: { word: 'New value', icon: Sparkle, look: 'text-wait' },
  mutable_reference: { word: 'Can change', icon: Unplug, look: 'text-wait' },
} as const satisfies Readonly<Record<Flag['kind'], object>>;

/** A flag so strong that it stands out among the others. */
export const isStrong = ({ kind, severity }: Flag): boolean => severity >= 3 && kind !== 'changed';
