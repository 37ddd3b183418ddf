import { describe, expect, test } from 'vitest';
import { readAudit } from './audit.ts';

const report = (severity: string): string =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities: { leftpad: { severity, range: '<1.3.0' } }, metadata: {} });

describe('an audit of the packages', () => {
  test.each(['high', 'critical'])('ends the build for what is %s, and names it', (severity) => {
    expect(readAudit(report(severity))).toEqual({ lines: [`${severity}: leftpad <1.3.0`], isFine: false });
  });
  test('names what is less, and goes on', () => {
    expect(readAudit(report('moderate'))).toEqual({ lines: ['moderate: leftpad <1.3.0'], isFine: true });
  });
  test.each(['', 'npm error', '{"error":{"code":"E405"}}'])('says that a registry gave no answer: %j', (stdout) => {
    expect(readAudit(stdout)).toEqual({ lines: ['The registry could not be asked for advisories.'], isFine: true });
  });
  test('says that there is none', () => {
    expect(readAudit('{"vulnerabilities":{}}').lines).toEqual(['No advisory about what runs in production.']);
  });
});
