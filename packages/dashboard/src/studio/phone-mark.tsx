import type { WireConversation } from '@countersign/contract';
import { Phone } from 'lucide-react';
import type { ReactNode } from 'react';

/** Says of a conversation that it is on the phone, and how the call stands. */
export const PhoneMark = ({ call }: { readonly call: WireConversation['phone_call'] }): ReactNode =>
  call !== null && (
    <span className="inline-flex items-center gap-1 text-label whitespace-nowrap text-fg-2">
      <Phone size={13} aria-hidden="true" />
      {call.held_since !== null
        ? 'phone call, the caller waits'
        : call.status === 'active'
          ? 'phone call, going on'
          : call.status === 'calling'
            ? 'phone call, ringing'
            : 'phone call, over'}
    </span>
  );
