/**
 * A conversation as it happens. A stream is open only while something is said: a browser has six connections to a
 * server, and a turn that waits for days needs none. The workspace's own events say when there is something to hear.
 */
import { type ConversationView, EMPTY_CONVERSATION, applyEvent, createClient } from '@countersign/sdk';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { conversationQuery } from './queries.ts';

/** Nothing more comes after the request to wait than what came with it. */
const HELD_QUIET_MS = 400;

const client = createClient({ baseUrl: location.origin });

export type LiveConversation = {
  readonly view: ConversationView;
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Something is about to happen: listen. */
  readonly wake: () => void;
};

export const useConversation = (id: string): LiveConversation => {
  const [view, setView] = useState(EMPTY_CONVERSATION);
  const [error, setError] = useState<unknown>(null);
  const [isLoading, setLoading] = useState(true);
  const place = useRef<string | undefined>(undefined);
  const open = useRef<AbortController | null>(null);
  const wanted = useRef(false);
  const seen = useQuery(conversationQuery(id));

  const wake = useCallback((): void => {
    /** One stream, until nothing is at work, or until a turn has come to wait. */
    const follow = async (leave: AbortController): Promise<void> => {
      let quiet: ReturnType<typeof setTimeout> | undefined;
      let isHeld = false;
      const events = client.conversations.stream(id, {
        until: 'idle',
        lastEventId: place.current,
        signal: leave.signal,
        onEventId: (eventId) => {
          place.current = eventId;
        },
      });
      try {
        for await (const event of events) {
          setView((before) => applyEvent(before, event));
          setLoading(false);
          clearTimeout(quiet);
          if (event.type === 'turn') isHeld = event.status === 'awaiting_approval';
          if (isHeld) quiet = setTimeout(() => leave.abort(), HELD_QUIET_MS);
        }
        setError(null);
      } catch (failure) {
        if (!leave.signal.aborted) setError(failure);
      } finally {
        clearTimeout(quiet);
        setLoading(false);
      }
    };
    const listen = (): void => {
      if (open.current !== null || document.hidden) return;
      const leave = new AbortController();
      open.current = leave;
      wanted.current = false;
      void follow(leave).then(() => {
        if (open.current === leave) open.current = null;
        // Asked for meanwhile.
        if (wanted.current) listen();
      });
    };
    wanted.current = true;
    listen();
  }, [id]);

  useEffect(() => {
    const look = (): void => {
      if (document.hidden) open.current?.abort();
      else wake();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      wanted.current = false;
      open.current?.abort();
    };
  }, [wake]);
  useEffect(wake, [wake, seen.dataUpdatedAt]);

  return { view, error, isLoading, wake };
};
