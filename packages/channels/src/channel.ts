/**
 * What a kind of channel is: how something is said there (`render`), brought there (`send`), and how what comes back is
 * checked (`receive`). Everything else is the delivery engine's and the same for all kinds: who is told and when, retries,
 * rate limits, once for each cause, quiet hours, digests, dead letters, replay. To add a kind: write its `Channel`, put it
 * into `createKinds`, and its settings into `contract/src/schemas/channels.ts`.
 */
import type { Actor, DemandedAssurance, JsonObject, Priority, RiskClass } from '@countersign/core';
import type { Check } from './conformance.ts';
import type { Field } from './form.ts';
import type { HttpAnswer, Inbound, InboundCommand, Profile, Received, Reply, Who } from './inbound.ts';

/** A request as people read it, as it stands when it is rendered. Its texts are the agent's: show them as text, never as markup. */
export type NoticeApproval = {
  readonly id: string;
  readonly title: string;
  readonly kind: 'tool_call' | 'output' | 'action' | 'question';
  readonly status: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
  readonly priority: Priority;
  readonly risk: RiskClass | null;
  readonly tool: string | null;
  readonly checkpoint: string;
  /** As indented JSON: what would be done, or what would go out. Whole, however long. */
  readonly content: string;
  readonly agent: string | null;
  readonly requestedBy: string;
  /** Why the gate held it. */
  readonly reason: string;
  readonly explanation: string | null;
  readonly impact: Readonly<Record<string, string>> | null;
  /** What the agent worked on, as text; null: it said nothing of it. */
  readonly input: string | null;
  readonly evidence: readonly { readonly label: string; readonly content: string }[];
  readonly digest: string;
  /** What the policy demands of whoever approves it. */
  readonly demanded: DemandedAssurance | null;
  readonly isReasonRequired: boolean;
  /** Whether its page shows some readers more than others. */
  readonly isShownByRole: boolean;
  /** What can be edited, or answered, in a form; null: only on its page. */
  readonly fields: readonly Field[] | null;
  readonly claimedBy: string | null;
  /** Who has approved this content so far, while others still have to. */
  readonly approvedBy: readonly string[];
  /** Whether reviewers changed it since it was asked. */
  readonly isEdited: boolean;
  readonly expiresAt: Date | null;
  readonly executionId: string | null;
  readonly decision: {
    readonly outcome: string;
    readonly by: string;
    readonly reason: string | null;
    readonly at: Date;
  } | null;
};

/** One thing that happened, to be told to one recipient. */
export type Notice = {
  /** The delivery's: the same in every attempt, so that whoever gets it twice can know. */
  readonly id: string;
  /** An event's type, or `channel.test`. */
  readonly type: string;
  readonly at: Date;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly eventId: string;
  readonly subject: string;
  readonly actor: Actor;
  /** Ids and states, as on the stream of events. */
  readonly data: JsonObject;
  /** Grows with the order in which things happened in the workspace. */
  readonly sequence: number;
  /** Where a person who is signed in sees it. Opening it decides nothing. */
  readonly url: string;
  readonly approval: NoticeApproval | null;
  /** What was said, where that is what happened. */
  readonly comment?: { readonly author: string; readonly body: string } | null;
  /** A one-time link for its reader alone, instead of all else: an invitation, a way to sign in. */
  readonly link?: { readonly sentence: string; readonly url: string; readonly label: string } | null;
};

/** Who is told, where a channel goes to people one by one. */
export type Recipient = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** A number that they have proved to have, as +49…; null: none. */
  readonly phone?: string | null;
  /** Those that they have subscribed, where the kind reaches browsers. */
  readonly browsers?: readonly PushAddress[];
};

/** A browser that its person lets us write to (RFC 8030), with the keys that only it can read with; base64url. */
export type PushAddress = {
  readonly id: string;
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
};

/** The channel at work, and who it is for. */
export type On = {
  readonly settings: JsonObject;
  /** Newest first; the second is the one before it, while a rotation overlaps. */
  readonly secrets: readonly string[];
  readonly recipient: Recipient | null;
  /** What `send` called the first message about the same subject there: to change it in place, or to answer in its thread. */
  readonly reference: string | null;
  readonly publicUrl: string;
  /** Where the channel's provider posts to. */
  readonly inboundUrl: string;
  readonly now: Date;
  /** It was tried before, and may have got there all the same. */
  readonly isRepeat?: boolean;
};

/** The channel, with nobody told anything. */
export type At = Omit<On, 'recipient' | 'reference' | 'isRepeat'>;

/** What goes out, and what a preview shows. */
export type Message = {
  readonly mediaType: 'application/json' | 'text/plain';
  readonly text: string;
  readonly html?: string;
  /** What the channel's own protocol puts beside it, such as a subject. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only its reader may see it: nothing of it is kept. */
  readonly isSecret?: true;
};

/** What was sent and what was answered, as people may read it: no secrets, a few KiB at most. */
type Exchange = { readonly request: string; readonly response: string | null };

export type Outcome = Exchange & {
  /** Ids of addresses that are nobody's any more. */
  readonly gone?: readonly string[];
} &
  /** `wasThere`: the attempt before had got through, and nothing was sent again. */
  (
    | { readonly outcome: 'sent' | 'delivered'; readonly reference?: string; readonly wasThere?: true }
    /** It may work later. */
    | { readonly outcome: 'retry'; readonly problem: string; readonly retryAfterSeconds?: number }
    /** It never will; `endsChannel`: nor will anything else there. */
    | { readonly outcome: 'refused'; readonly problem: string; readonly endsChannel?: true }
  );

export type Channel = {
  readonly kind: string;
  /** `place`: one message for everybody there; `people`: one for each of them. */
  readonly audience: 'place' | 'people';
  /** Under which kind people are known there, where that is not the channel's own: a phone is the same to all that reach it. */
  readonly people?: 'phone';
  /** A subscription of a program: where a request names channels, it still hears the outcome. */
  readonly isForPrograms?: true;
  /** It goes to people’s browsers. */
  readonly reachesBrowsers?: true;
  /** Whoever was asked there hears the outcome as well: it takes the place of what they were asked. */
  readonly keepsTold?: true;
  /** What is about one subject goes out in its order: a message has to be there before it can be changed. */
  readonly keepsOrder?: true;
  /** The other side itself knows a message that it got before, and makes no second one of it. */
  readonly knowsRepeats?: true;
  /** The other side can't say whether it has a message: where its answer got lost, it is told once more. */
  readonly mayTellTwice?: true;
  /** What the other side takes without complaint. */
  readonly ratePerSecond: number;
  readonly concurrency: number;
  /** Whether it tells of an event, where the channel's own choice is empty. */
  readonly tells: (type: string) => boolean;
  /** What is told only where the request itself was. */
  readonly follows?: (type: string) => boolean;
  /** Why nothing reaches this person there; null: it does. */
  readonly cannotReach?: (recipient: Recipient) => string | null;
  readonly render: (notice: Notice, on: On) => Message;
  /** Several things in one message. A kind without it gets each by itself. */
  readonly digest?: (notices: readonly Notice[], on: On) => Message;
  /** Brings it there. Never throws for what the other side did, and always ends within its own time-out. */
  readonly send: (message: Message, notice: Notice, on: On) => Promise<Outcome>;
  /** What only this kind can prove of its other side: for the run that people start (conformance.ts). */
  readonly conform?: (notice: Notice, on: On) => Promise<Check[]>;
  /** How people decide there. A kind without it only tells. */
  readonly inbound?: InboundPart;
};

export type Connection = { readonly close: () => void };

/** @param take carries out what came in @param note for the log */
export type Connect = (
  at: At,
  take: (received: Received) => Promise<HttpAnswer>,
  note: (line: string, error: unknown) => void,
) => Connection;

/** Approves a request as somebody there, signed well or with another key. Null: we hold nothing to sign it so with. */
export type Imitate = (
  click: { readonly who: Who; readonly approvalId: string; readonly digest: string },
  at: At & { readonly nowSeconds: number; readonly isForged: boolean },
) => Inbound | null | Promise<Inbound | null>;

export type InboundPart = {
  /** Checks signature and time of what came in, and says what was meant by it. */
  readonly receive: (request: Inbound, at: At) => Received | Promise<Received>;
  /** What the provider is answered, with whatever else has to be said to it. Never throws for what the other side did. */
  readonly answer: (reply: Reply, command: InboundCommand, at: At) => Promise<HttpAnswer>;
  /** What the provider says of a user; null: it says nothing. Without it people say themselves who they are. */
  readonly profileOf?: (who: Who, at: At) => Promise<Profile | null>;
  /** Where a channel asks for it: connects to the provider, which then sends there what it would post to us. */
  readonly connect?: Connect;
  /** Where we hold what the provider signs with: a click as it would send it, for the conformance suite. */
  readonly imitate?: Imitate;
  /** Whoever did something is answered with the request as it stands then. */
  readonly answersWithRequest?: true;
  /** Who has this address there. */
  readonly findUser?: (email: string, at: At) => Promise<Who | null>;
  /** Why this can't be approved there, in words; null: it can. */
  readonly whyNot: (approval: NoticeApproval, at: Pick<At, 'settings'>) => string | null;
};
