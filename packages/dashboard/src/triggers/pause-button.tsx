import type { WireSchedule } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { errorLine } from '../ui/states.tsx';
import { schedulesQuery } from './queries.ts';

type PauseButtonProps = { readonly schedule: WireSchedule; readonly size?: 'small' | 'normal' };

export const PauseButton = ({ schedule, size = 'normal' }: PauseButtonProps): ReactNode => {
  const client = useQueryClient();
  const isPaused = schedule.status === 'paused';
  const toggle = useMutation({
    mutationFn: () => call(isPaused ? 'resumeSchedule' : 'pauseSchedule', { id: schedule.id }),
    onSuccess: () => announce(isPaused ? 'It goes on' : 'Paused'),
    onError: (error) => announce(errorLine(error)),
    onSettled: () => client.invalidateQueries({ queryKey: schedulesQuery.queryKey }),
  });
  if (schedule.status === 'ended') return null;
  const word = isPaused ? 'Resume' : 'Pause';
  return (
    <span className="inline-flex flex-col items-end gap-1">
      <Button
        size={size}
        busy={toggle.isPending}
        aria-label={`${word} ${schedule.name}`}
        onClick={() => toggle.mutate()}
      >
        {isPaused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />} {word}
      </Button>
      {toggle.isError && (
        <span role="alert" className="text-label font-medium text-no">
          {errorLine(toggle.error)}
        </span>
      )}
    </span>
  );
};
