/**
 * What comes in on a channel and what is said back. A kind turns its provider's requests into commands, and our replies into
 * what its provider understands; who somebody is and what they may do is decided in the server, for all kinds alike.
 */
import type { JsonObject } from '@countersign/core';
import type { NoticeApproval } from './channel.ts';
import type { DecisionForm, Form, FormValues } from './form.ts';

/** A request from the channel's provider, with its body as it came: signatures are over bytes. */
export type Inbound = {
  readonly method: string;
  /** Whole, as its provider knows it: some sign it. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
};

/** Somebody there, by ids that the provider vouches for. `name` is only for reading. */
export type Who = {
  readonly team: string;
  readonly user: string;
  readonly name: string;
  /** By what the provider's own calls know them, where that is not `user`. */
  readonly handle?: string;
};

/** The request that is meant, and the content of it that they saw. */
type Seen = { readonly approvalId: string; readonly digest: string };

export type Act =
  | ({ readonly type: 'decide'; readonly decision: 'approved' | 'rejected'; readonly reason: string | null } & Seen)
  | { readonly type: 'claim'; readonly approvalId: string }
  | ({ readonly type: 'form'; readonly form: DecisionForm } & Seen)
  | ({ readonly type: 'submit'; readonly form: DecisionForm; readonly values: FormValues } & Seen)
  /** Asks for the form to say who they are; says it, by a code of their account page. */
  | { readonly type: 'ask_link' }
  | { readonly type: 'link'; readonly code: string }
  /** Wants to see the request of a message again, where it was hidden from them by what they were told. */
  | { readonly type: 'look'; readonly reference: string }
  /** `reference`: what `send` called the message under which it was said. */
  | { readonly type: 'comment'; readonly reference: string; readonly body: string };

export type InboundCommand = {
  /** Names this very request: a second one with it is a replay and changes nothing (trust.md, B6). */
  readonly onceKey: string;
  readonly who: Who;
  readonly act: Act;
  /** Which of the provider's places it came from, as in a channel's settings; null where that is not said. */
  readonly placeId: string | null;
  /** What the kind needs in order to answer it. */
  readonly context: JsonObject;
  /** The provider itself sends what it is not sure of again, and has to hear that all is well. */
  readonly isRetry: boolean;
};

export type HttpAnswer = { readonly status: number; readonly mediaType: string; readonly body: string };

/** How it went with something that was sent, as its provider says. */
export type Report = {
  readonly deliveryId: string;
  readonly reference: string;
  readonly status: 'sent' | 'delivered' | 'failed';
  readonly problem: string | null;
};

export type Received =
  /** Forged, too old, or not for us. `reason` is for the log, never for the sender. */
  | { readonly type: 'refused'; readonly reason: string }
  /** Answered by the channel itself, such as a challenge, or what is no business of ours. */
  | { readonly type: 'answer'; readonly answer: HttpAnswer }
  | { readonly type: 'report'; readonly answer: HttpAnswer; readonly report: Report }
  | { readonly type: 'command'; readonly command: InboundCommand };

/** What is said to the one person who did something, and to nobody else. */
export type Reply =
  | { readonly type: 'done' }
  | {
      readonly type: 'words';
      readonly words: string;
      readonly link: { readonly label: string; readonly url: string } | null;
      /** Offers to say who one is. */
      readonly offersLink: boolean;
    }
  | { readonly type: 'form'; readonly form: Form }
  /** As it stands now, as the message of it shows it. */
  | { readonly type: 'request'; readonly approval: NoticeApproval; readonly url: string }
  /** Of the form that they have just submitted, by the names of its fields. */
  | { readonly type: 'errors'; readonly errors: readonly { readonly field: string; readonly detail: string }[] };

/** What the provider says of a user. */
export type Profile = {
  readonly email: string;
  /** Whether the provider has checked that the address is theirs. */
  readonly isConfirmed: boolean;
  /** Whether they belong there: no guest, no bot, nobody of somebody else’s, and not deactivated. */
  readonly isFullMember: boolean;
};

export const nothingToSay: HttpAnswer = { status: 200, mediaType: 'text/plain', body: '' };
export const jsonAnswer = (body: object, status = 200): HttpAnswer => ({
  status,
  mediaType: 'application/json',
  body: JSON.stringify(body),
});
