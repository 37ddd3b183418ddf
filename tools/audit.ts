/**
 * `npm run audit:packages`, part of `npm run build`: asks the registry for advisories about what runs in production. Fails for one that
 * is high or critical; names the others. A registry that can't be asked, as behind a mirror without that service, is said and fails nothing.
 */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';

/** What `npm audit --json` prints (audit report version 2). */
const Report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
});

const GRAVE = new Set(['high', 'critical']);

/** @returns lines to print, and whether the build may go on */
export const readAudit = (stdout: string): { lines: string[]; isFine: boolean } => {
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    json = null;
  }
  const report = Report.safeParse(json);
  if (!report.success) return { lines: ['The registry could not be asked for advisories.'], isFine: true };
  const found = Object.entries(report.data.vulnerabilities);
  return {
    lines:
      found.length === 0
        ? ['No advisory about what runs in production.']
        : found.map(([name, { severity, range }]) => `${severity}: ${name} ${range}`),
    isFine: !found.some(([, { severity }]) => GRAVE.has(severity)),
  };
};

if (import.meta.main) {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    timeout: 60_000,
  });
  const { lines, isFine } = readAudit(stdout);
  for (const line of lines) console.log(line);
  process.exitCode = isFine ? 0 : 1;
}
