import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');
const script = (shell: string): string =>
  execFileSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' });
const has = (shell: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${shell}`]);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!has('bash'))('in bash', { timeout: 60_000 }, () => {
  /** What a press of Tab would offer after these words. */
  const offered = (...words: string[]): string[] => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const line = `COMP_WORDS=(countersign ${list}); COMP_CWORD=${words.length}; _countersign; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = execFileSync('bash', ['-c', `${script('bash')}\n${line}`], { encoding: 'utf8' });
    return text.split('\n').filter((word) => word !== '');
  };

  test('offers commands, options, and the values of those that have few', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['ask', 'wait', 'list', 'decide', 'watch', 'verify', '--help']));
    expect(offered('wa')).toEqual(['wait', 'watch']);
    expect(offered('ask', '--no')).toEqual(['--no-wait']);
    expect(offered('ask', '--priority', '')).toEqual(['low', 'medium', 'high', 'critical']);
    expect(offered('decide', '')).toEqual(expect.arrayContaining(['approve', 'reject', '--digest']));
    expect(offered('start', '--role', 'w')).toEqual(['worker']);
  });
});

test.skipIf(!has('zsh'))('zsh accepts its script', { timeout: 60_000 }, () => {
  const loaded = `autoload -Uz compinit; compinit -u; ${script('zsh')}; whence _countersign`;
  expect(execFileSync('zsh', ['-fc', loaded], { encoding: 'utf8' })).toContain('_countersign');
});

test('the scripts of zsh and fish name every command and option', { timeout: 60_000 }, () => {
  for (const shell of ['zsh', 'fish']) {
    const text = script(shell);
    for (const word of ['ask', 'rotate-signing-key', 'no-wait', 'if-approved']) expect(text).toContain(word);
  }
});
