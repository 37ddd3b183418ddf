/** Passwords: what is accepted, and how it is kept. better-auth hashes (scrypt, N 16384, r 16, with its own salt). */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { accountShapes } from '@countersign/contract';
import { hashPassword, verifyPassword } from 'better-auth/crypto';

/** Of five: it takes more than a hundred million guesses of whoever knows the lists of common passwords and their twists. */
const SCORE_MIN = 3;
/** The estimate's cost grows with the square of the length, and what is long is not weak by its end. */
const ESTIMATED_LENGTH = 64;

let estimator: ZxcvbnFactory | undefined;

/**
 * Offline: by length, and by how soon the estimator of common passwords, names, dates, sequences and repeats would guess it.
 * @param known what an attacker would try first: name, address, the product
 * @returns what is wrong with it, or null
 */
export const faultOfPassword = (password: string, known: readonly string[]): string | null => {
  if (Array.from(password).length < accountShapes.PASSWORD_LENGTH_MIN)
    return `must have at least ${accountShapes.PASSWORD_LENGTH_MIN} characters`;
  estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const words = known
    .flatMap((text) => [text, ...text.split('@'), ...text.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2);
  const { score } = estimator.check(password.slice(0, ESTIMATED_LENGTH), words);
  return score < SCORE_MIN ? 'is too easy to guess: take several words that have nothing to do with each other' : null;
};

export const hashOf = (password: string): Promise<string> => hashPassword(password);

/** Of a password that nobody has: an address without one costs as much time as one with (trust.md, T39). */
let nobodys: Promise<string> | undefined;

/** Takes the same time whether there is a hash or not. */
export const isPassword = async (hash: string | null | undefined, password: string): Promise<boolean> => {
  nobodys ??= hashPassword(crypto.randomUUID());
  const matches = await verifyPassword({ hash: hash ?? (await nobodys), password });
  return matches && hash !== null && hash !== undefined;
};
