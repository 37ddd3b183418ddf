import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const COMMANDS = ['dev', 'start', 'migrate', 'config'];

test('a typing mistake finds the command that was meant', () => {
  expect(closest('migrat', COMMANDS)).toBe('migrate');
  expect(closest('stat', COMMANDS)).toBe('start');
  expect(closest('cnofig', COMMANDS)).toBe('config');
});

test('a word that is like none of them finds none', () => {
  expect(closest('rollback', COMMANDS)).toBeNull();
});
