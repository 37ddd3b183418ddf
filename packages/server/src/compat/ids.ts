/** Ids as dialects show them: ours without the prefix, or with another one. What is no id of ours leads nowhere, as in /v1. */
import { ID_PREFIXES, type IdKind } from '@countersign/core';

/** The 27 characters after our prefix: a KSUID. */
export const bareId = (id: string): string => id.slice(id.indexOf('_') + 1);

export const bareIdOrNull = (id: string | null | undefined): string | null => (id ? bareId(id) : null);

/** Ours for one that is bare, has our prefix, or one of the dialect's. */
export const ownId = (kind: IdKind, shown: string): string => `${ID_PREFIXES[kind]}_${bareId(shown)}`;
