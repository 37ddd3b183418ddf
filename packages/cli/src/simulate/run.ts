/** `countersign simulate`: files in, a table or JSON out. */
import { readFile } from 'node:fs/promises';
import {
  ToolsError,
  TranscriptError,
  readPolicySource,
  readRisks,
  readTranscripts,
  riskLookup,
  simulate,
} from '@countersign/server/policies';
import { problemLine } from '../policy-problem.ts';
import { report } from './report.ts';

type Files = {
  readonly transcripts: string;
  readonly policy: string;
  readonly tools: string | undefined;
  readonly readOnly: readonly string[];
  readonly json: boolean;
};

/** @returns the exit code: 0, or 1 where a file is not what it should be */
export async function runSimulation(files: Files): Promise<number> {
  try {
    const policy = readPolicySource(await textOf(files.policy));
    if (!policy.ok) {
      for (const problem of policy.problems) console.error(problemLine(files.policy, problem));
      return 1;
    }
    const transcripts = await reading(files.transcripts, readTranscripts);
    const risks = files.tools === undefined ? new Map() : await reading(files.tools, readRisks);
    const simulation = simulate(policy.policy, transcripts, riskLookup(risks, files.readOnly), Date.now());
    console.log(files.json ? JSON.stringify(simulation, null, 2) : report(simulation));
    return 0;
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** A file that can not be read or is not what it should be: an answer, not a bug. */
class FileProblem extends Error {}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new FileProblem(`${file} can not be read: ${String((error as NodeJS.ErrnoException).code ?? error)}`, {
      cause: error,
    });
  }
}

async function reading<T>(file: string, read: (text: string) => T): Promise<T> {
  const text = await textOf(file);
  try {
    return read(text);
  } catch (error) {
    if (error instanceof TranscriptError || error instanceof ToolsError)
      throw new FileProblem(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}
