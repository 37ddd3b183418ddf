/** What other packages need of policies without a server: reading them, and trying them on recordings. */
export { readPolicySource } from './source.ts';
export { ToolsError, readRisks, riskLookup } from './simulation/risks.ts';
export { type Fate, type SimulatedCall, type Simulation, simulate } from './simulation/simulate.ts';
export { TranscriptError, readTranscripts } from './simulation/transcripts.ts';
