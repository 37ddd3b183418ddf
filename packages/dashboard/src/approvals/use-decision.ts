/** One reviewer's decision in the making: what was edited, the reason, and the one request that sends it. */
import type { WireApproval } from '@countersign/contract';
import { type Json, type JsonDifference, canonicalize, diffJson, isObject } from '@countersign/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isProblem } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { useServerNow } from '../live/clock.ts';
import { useLiveState } from '../live/events.ts';
import type { Points } from '../review/flag-note.tsx';
import { blankAnswer, pointsWords, usePoints } from '../review/points.ts';
import { isHeldBy, keepDraft, recallSecondsFor, takeDraft } from '../review/recall.ts';
import { type Seen, foldedTexts, foldsWords, useSeen } from '../review/seen.ts';
import { type Readers, useNoteSeen } from './use-note-seen.ts';
import { useSession } from '../session.ts';
import { decideAndSign } from '../signing/ask-to-sign.ts';
import { announce } from '../ui/announce.ts';
import { isWhatDigestCovers, viewDigestOf } from './digest-check.ts';
import type { Outcome } from './inbox-context.ts';
import { askAgain, takeDecided } from './live-queue.ts';

/** A decision key that is pressed for the request before must not decide this one. */
const LOCK_MS = 350;
/** Nobody has read a critical request in less (trust.md, D4). */
const CRITICAL_LOOK_MS = 1000;

type Phase = 'idle' | 'rejecting' | 'editing' | 'sending';

type Body = {
  decision: 'approved' | 'rejected';
  digest: string;
  view_digest: string;
  reason?: string;
  arguments?: Record<string, Json>;
  output?: Json;
  response?: Json;
  recall_seconds?: number;
};

export const contentOf = (approval: WireApproval): Json =>
  approval.kind === 'output' ? approval.output : (approval.arguments ?? {});

const allowed = (can: WireApproval['can']['approve']): string | null =>
  can.ok ? null : (can.why ?? 'You may not do this');

export type Decision = {
  readonly phase: Phase;
  readonly ready: boolean;
  readonly edited: Json | undefined;
  readonly changes: readonly JsonDifference[];
  readonly faultCount: number;
  readonly reason: string;
  readonly error: unknown;
  /** The points of a critical request that are confirmed, and how to confirm one; `null` where none has to be. */
  readonly points: Points;
  readonly see: Seen['see'];
  /** Who else has it open now. */
  readonly alsoReading: Readers;
  /** Why an approval that is begun this moment is refused for being too quick; `null` if it isn't. */
  readonly tooSoon: () => string | null;
  /** The answer to a question in the making. */
  readonly answer: Json | undefined;
  readonly answerFaults: number;
  readonly setAnswer: (value: Json) => void;
  readonly setAnswerFaults: (count: number) => void;
  /** Why it can't be approved or rejected now; `null` if it can. */
  readonly blocked: { readonly approve: string | null; readonly reject: string | null; readonly edit: string | null };
  readonly setPhase: (phase: Phase) => void;
  readonly setReason: (reason: string) => void;
  readonly setEdited: (value: Json | undefined) => void;
  readonly setFaultCount: (count: number) => void;
  readonly send: (decision: 'approved' | 'rejected') => void;
};

export const useDecision = (
  approval: WireApproval,
  onDecided: (approval: WireApproval, outcome: Outcome) => void,
): Decision => {
  const client = useQueryClient();
  const now = useServerNow();
  const live = useLiveState();
  const me = useSession().person.id;
  const [phase, setPhase] = useState<Phase>('idle');
  const [ready, setReady] = useState(false);
  // Taken back, it is gone on with where it was.
  const [draft] = useState(() => takeDraft(approval.digest));
  const [edited, setEdited] = useState<Json | undefined>(draft?.edited);
  const [faultCount, setFaultCount] = useState(0);
  const [reason, setReason] = useState(draft?.reason ?? '');
  const [error, setError] = useState<unknown>(null);
  const { points, pointsLeft } = usePoints(approval);
  const { see, opened } = useSeen(approval.digest);
  const alsoReading = useNoteSeen(approval, opened);
  const folded = useMemo(() => foldedTexts(approval), [approval]);
  const isGrave = approval.priority === 'high' || approval.priority === 'critical';
  const foldsLeft = isGrave ? folded.filter((text) => !opened.has(text)).length : 0;
  const shownAt = useRef(0);
  const [answer, setAnswer] = useState<Json | undefined>(() => draft?.answer ?? blankAnswer(approval));
  const [answered, setAnswered] = useState(draft?.answer !== undefined);
  const [answerFaults, setAnswerFaults] = useState(0);
  const giveAnswer = useCallback((value: Json) => {
    setAnswered(true);
    setAnswer(value);
  }, []);
  const sent = useRef<{ body: string; key: string } | null>(null);

  const content = useMemo(() => contentOf(approval), [approval]);
  const changes = useMemo(() => (edited === undefined ? [] : diffJson(content, edited)), [content, edited]);
  const digestMatches = useMemo(() => isWhatDigestCovers(approval), [approval]);

  useEffect(() => {
    setReady(false);
    shownAt.current = performance.now();
    const timer = setTimeout(() => setReady(true), LOCK_MS);
    return () => clearTimeout(timer);
  }, [approval.id, approval.digest]);

  const pending = approval.status === 'pending';
  const over = approval.expires_at !== null && now >= Date.parse(approval.expires_at);
  // The server ends it a moment later; until it says so, nothing may be sent.
  useEffect(() => {
    if (!pending || !over) return undefined;
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ['approval', approval.id] }), 2000);
    return () => clearInterval(timer);
  }, [client, approval.id, pending, over]);

  const general = (): string | null => {
    if (!pending) return 'It is no longer waiting';
    if (over) return 'The time to decide is over';
    if (phase === 'sending') return 'It is being sent';
    if (live === 'offline') return 'You are offline. Nothing was sent.';
    return null;
  };
  const blocked = {
    approve:
      general() ??
      allowed(approval.can.approve) ??
      (digestMatches ? null : 'What is shown does not match its digest') ??
      (phase === 'editing' ? 'Finish editing' : null) ??
      (answer !== undefined && !answered ? 'Fill in your answer first' : null) ??
      (answerFaults > 0 ? 'The answer is not valid yet' : null) ??
      foldsWords(foldsLeft) ??
      pointsWords(pointsLeft),
    reject: general() ?? allowed(approval.can.reject),
    edit: general() ?? allowed(approval.can.edit),
  };

  const post = async (decision: 'approved' | 'rejected'): Promise<void> => {
    const body: Body = { decision, digest: approval.digest, view_digest: viewDigestOf(approval) };
    const recallSeconds = recallSecondsFor(approval.priority);
    if (recallSeconds > 0) body.recall_seconds = recallSeconds;
    if (decision === 'rejected') body.reason = reason.trim();
    if (decision === 'approved' && changes.length > 0 && edited !== undefined) {
      if (approval.kind === 'output') body.output = edited;
      else if (isObject(edited)) body.arguments = { ...edited };
    }
    if (decision === 'approved' && answer !== undefined) body.response = answer;
    // A repeat of the same decision finds the first answer, even if that was lost on the way.
    const text = canonicalize(body);
    if (sent.current?.body !== text) sent.current = { body: text, key: newIdempotencyKey() };
    setPhase('sending');
    setError(null);
    try {
      const decided = await decideAndSign(approval.id, body, sent.current.key);
      if (decided.status === 'pending' && !isHeldBy(decided, me)) {
        // It was one vote of several: the request stays, and shows what is missing.
        setEdited(undefined);
        setReason('');
        await askAgain(client, approval.id);
        setPhase('idle');
        announce('Your vote is recorded. More are needed.');
        return;
      }
      if (decided.held !== null) keepDraft(approval.digest, { edited, reason, answer });
      takeDecided(client, decided);
      setPhase('idle');
      onDecided(
        decided,
        decision === 'rejected' ? 'rejected' : changes.length > 0 ? 'approved with edits' : 'approved',
      );
    } catch (failure) {
      setPhase(decision === 'rejected' ? 'rejecting' : 'idle');
      setError(failure);
      if (
        isProblem(
          failure,
          'already_decided',
          'approval_expired',
          'digest_stale',
          'claimed',
          'not_eligible',
          'decision_held',
        )
      ) {
        await askAgain(client, approval.id);
      }
    }
  };

  const tooSoon = (): string | null =>
    approval.priority === 'critical' && performance.now() - shownAt.current < CRITICAL_LOOK_MS
      ? 'Not approved: it was on screen for less than a second. Read it first.'
      : null;

  const send = (decision: 'approved' | 'rejected'): void => {
    if (!ready || blocked[decision === 'approved' ? 'approve' : 'reject'] !== null) return;
    if (decision === 'rejected' && reason.trim() === '') return;
    if (decision === 'approved' && tooSoon() !== null) return;
    void post(decision);
  };

  return {
    phase,
    ready,
    edited,
    changes,
    faultCount,
    reason,
    error,
    blocked,
    points,
    see,
    alsoReading,
    tooSoon,
    answer,
    answerFaults,
    setAnswer: giveAnswer,
    setAnswerFaults,
    setPhase,
    setReason,
    setEdited,
    setFaultCount,
    send,
  };
};
