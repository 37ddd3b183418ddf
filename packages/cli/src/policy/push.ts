/** `countersign policy push`: a file becomes the current version of a policy. */
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { ApiError, type Client, ConnectionError } from '@countersign/sdk';
import { problemLine } from '../policy-problem.ts';
import { connect } from '../server-access.ts';

type Push = {
  readonly file: string;
  readonly name: string | undefined;
  readonly message: string | undefined;
  readonly dryRun: boolean;
  readonly url: string | undefined;
};

/** @returns the exit code: 0 it holds (or would, with `dryRun`), 1 it was refused, or there was no answer */
export const pushPolicy = async (push: Push): Promise<number> => {
  const client = connect(push.url);
  let source: string;
  try {
    source = await readFile(push.file, 'utf8');
  } catch (error) {
    console.error(`${push.file} can not be read: ${String((error as NodeJS.ErrnoException).code ?? error)}`);
    return 1;
  }
  try {
    return await carryOut(client, push, source);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    console.error(error instanceof ApiError ? `${error.title}: ${error.detail}` : error.message);
    return 1;
  }
};

const carryOut = async (client: Client, push: Push, source: string): Promise<number> => {
  const checked = await client.policies.check({ source });
  if (!checked.is_valid) {
    for (const problem of checked.problems) console.error(problemLine(push.file, problem));
    return 1;
  }
  const name = push.name ?? basename(push.file, extname(push.file));
  const found = (await client.policies.list()).data.find((policy) => policy.name.toLowerCase() === name.toLowerCase());
  if (found?.current_version?.source === source) {
    console.log(`${found.name}: unchanged, version ${found.current_version.version}`);
    return 0;
  }
  const next = (found?.current_version?.version ?? 0) + 1;
  if (push.dryRun) {
    console.log(`${name}: valid; would become ${found ? `version ${next}` : 'a new policy'}`);
    return 0;
  }
  const message = push.message ?? `From ${basename(push.file)}`;
  const saved = found
    ? await client.policies.versions.create(found.id, { source, message })
    : await client.policies.create({ name, source, message });
  console.log(`${saved.name}: version ${saved.current_version?.version ?? next} holds now`);
  if (!saved.is_enabled) console.log(`${saved.name} is switched off: its rules do not apply.`);
  return 0;
};
