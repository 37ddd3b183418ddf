/** Which calls are right, by the people who made the recordings' tasks. */
import { type Json, type JsonObject, canonicalize, isArray, isObject } from '@countersign/core';

type Call = { readonly tool: string; readonly arguments: Json };

/** Takes expected calls of one run out of a list, each once. */
export type ExpectedCalls = { readonly take: (call: Call) => boolean };

const keyOf = ({ tool, arguments: args }: Call): string => `${tool} ${canonicalize(args)}`;

/** From a recorded line's `expected_actions`; calls are the same if name and canonical arguments are. */
export const expectedCalls = (line: JsonObject): ExpectedCalls => {
  const actions = line['expected_actions'] ?? null;
  const left = isArray(actions)
    ? actions.flatMap((action) =>
        isObject(action) && typeof action['name'] === 'string'
          ? [keyOf({ tool: action['name'], arguments: action['kwargs'] ?? {} })]
          : [],
      )
    : [];
  return {
    take: (call) => {
      const at = left.indexOf(keyOf(call));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    },
  };
};
