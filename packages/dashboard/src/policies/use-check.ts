/** Checks a source as it is typed: the server says what is wrong, where. */
import type { RouteResponse, Routes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../api.ts';

export type PolicyProblem = RouteResponse<Routes['checkPolicy']>['problems'][number];

const TYPING_MS = 250;

export type Checked = {
  readonly problems: readonly PolicyProblem[];
  /** Whether `problems` are of the text as it stands now. */
  readonly isCurrent: boolean;
  readonly error: unknown;
};

export const useCheck = (source: string): Checked => {
  const [asked, setAsked] = useState(source);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(source), TYPING_MS);
    return () => clearTimeout(timer);
  }, [source]);
  const check = useQuery({
    queryKey: ['policy-check', asked],
    queryFn: ({ signal }) => call('checkPolicy', { body: { source: asked } }, { signal }),
    enabled: asked.trim() !== '',
    placeholderData: (before) => before,
    gcTime: 10_000,
  });
  if (source.trim() === '')
    return {
      problems: [{ pointer: '', detail: 'There are no rules yet.', line: 1, column: 1 }],
      isCurrent: true,
      error: null,
    };
  return {
    problems: check.data?.problems ?? [],
    isCurrent: asked === source && check.data !== undefined && !check.isPlaceholderData,
    error: check.error,
  };
};
