/**
 * Made-up input is the same in every run: what fails, fails again, and a change is judged by what it changed.
 * `SEED` looks elsewhere; `npm run test:long` takes another one each night, and prints it.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_128) });
