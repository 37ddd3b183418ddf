/** What every field of a node's form needs to know. */
import type { Names } from '@countersign/core';
import { createContext, use } from 'react';

export type FormScope = {
  /** By JSON Pointer into the node. */
  readonly faults: ReadonlyMap<string, string>;
  readonly names: Names;
  readonly secrets: readonly string[];
  readonly readOnly: boolean;
};

const EMPTY: FormScope = { faults: new Map(), names: new Map(), secrets: [], readOnly: true };

export const FormContext = createContext(EMPTY);
export const useFormScope = (): FormScope => use(FormContext);

export const pointerTo = (pointer: string, name: string | number): string =>
  `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
