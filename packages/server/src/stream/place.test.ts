import { expect, test } from 'vitest';
import { BEGINNING, placeFromId, placeToId, textPlace } from './place.ts';

const EXECUTION = `exe_${'a'.repeat(27)}`;
const STEP = `stp_${'b'.repeat(27)}`;

test('a place is found again from its id', () => {
  for (const place of [
    BEGINNING,
    { position: 7, execution: EXECUTION, text: null },
    { position: 7, execution: EXECUTION, text: textPlace(STEP, 2, 'Good morning') },
  ])
    expect(placeFromId(placeToId(place))).toEqual(place);
});

test.each(['', 'x', '1', '-1.', `1.${STEP}`, `1.${EXECUTION}.${STEP}.1.2`, '1..', `evt_${'a'.repeat(27)}`])(
  '%j is no place',
  (id) => {
    expect(placeFromId(id)).toBeUndefined();
  },
);
