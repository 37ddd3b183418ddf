/** Pieces that several wire shapes share. */
import { ID_PREFIXES, type IdKind, type Json, hidesCharacters, idPattern, jsonValueSchema } from '@countersign/core';
import { z } from 'zod';

export const id = (kind: IdKind): z.ZodString =>
  z.string().regex(idPattern(kind), `must be an id like ${ID_PREFIXES[kind]}_…`);

/** RFC 3339 in UTC. The year 0 is none of PostgreSQL’s (1 BC comes before 1 AD there), and nobody’s. */
export const instant = z.iso
  .datetime()
  .refine((text) => !text.startsWith('0000'), { message: 'must be of the year 1 or later' });

export const jsonValue: z.ZodType<Json> = jsonValueSchema;

/** A JSON object whose members are of any JSON type. */
export const jsonObject = z.record(z.string(), jsonValue);

export const listQuery = {
  limit: z.coerce.number<number>().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
};

export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** Who did something. `kind` says which credential stood behind it; `name` is for reading only. */
export const Actor = z.object({
  kind: z.enum(['person', 'key', 'execution', 'system']),
  id: z.string(),
  name: z.string(),
});

/** For names that people go by (trust.md, C1): what is shown of two of them is all there is to tell them apart. */
export const seen = [
  (text: string): boolean => !hidesCharacters(text),
  { message: 'has characters that can not be seen' },
] as const;

export const toolName = z
  .string()
  .regex(
    /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/,
    'must start with a letter and hold up to 64 letters, digits, "_", "." or "-"',
  );

/** E.164. */
export const phoneNumber = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number such as +4915112345678');
