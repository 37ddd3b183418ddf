import type { ClusterState } from './cluster.ts';

export type Findings = {
  /** The PostgreSQL of an earlier run that was found running and stopped. */
  stoppedPid: number | null;
  cluster: ClusterState;
  /** What PostgreSQL wrote to its log until it was ready. */
  startLog: string;
};

/** One sentence that tells what a start had to put right, or null when there was nothing. */
export function recoverySentence({ stoppedPid, cluster, startLog }: Findings): string | null {
  const reasons: string[] = [];
  if (stoppedPid !== null)
    reasons.push(`the database of an earlier run (pid ${stoppedPid}) was still running and was shut down first`);
  if (cluster === 'begun-anew') reasons.push('the first set-up of the database had been cut short and was begun anew');
  if (/was not properly shut down|database system was interrupted/.test(startLog)) {
    // xlogrecovery.c: "redo done at 0/1A2B3C system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 0.05 s"
    const seconds = /redo done at .* elapsed: ([\d.]+) s/.exec(startLog)?.[1];
    const replayed =
      seconds === undefined ? 'nothing had to be replayed' : `${Number(seconds)} s of write-ahead log replayed`;
    reasons.push(`the database had not been shut down; ${replayed}`);
  }
  return reasons.length === 0 ? null : `Recovered: ${reasons.join('; ')}.`;
}
