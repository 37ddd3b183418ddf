import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useServerNow } from '../live/clock.ts';
import { QUEUE_KEY } from './queries.ts';

/** Past the moment by this, so that the server, too, finds it over. */
const GRACE_MS = 500;

/** What was put off comes back by the server's clock, without an event: the queue is asked again at that moment. */
export const WakeUp = ({ at }: { readonly at: string }): null => {
  const client = useQueryClient();
  const isDue = useServerNow() >= Date.parse(at) + GRACE_MS;
  useEffect(() => {
    if (!isDue) return;
    void client.invalidateQueries({ queryKey: QUEUE_KEY });
    void client.invalidateQueries({ queryKey: ['counts'] });
    void client.invalidateQueries({ queryKey: ['approval'] });
  }, [client, isDue]);
  return null;
};
