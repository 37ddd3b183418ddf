import type { WireDecision } from '@countersign/contract';
import type { Decision } from '@countersign/core';

export const toWireDecision = ({ isSingleOperator, edits, ...decision }: Decision): WireDecision => ({
  ...decision,
  edits: [...edits],
  single_operator: isSingleOperator ?? false,
});
