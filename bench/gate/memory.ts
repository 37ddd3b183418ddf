import type { Bench } from './run.ts';
export const measureMemory = async (_: Bench): Promise<void> => undefined;
