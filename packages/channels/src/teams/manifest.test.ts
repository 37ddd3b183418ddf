import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string): Buffer => readFileSync(new URL(`../../../../examples/teams/${name}`, import.meta.url));
/** Width and height stand in a PNG's first chunk. */
const sizeOf = (png: Buffer): readonly number[] => [png.readUInt32BE(16), png.readUInt32BE(20)];

test('the app’s package has what Teams asks of one', () => {
  const { icons, bots, id, webApplicationInfo, description, name } = JSON.parse(read('manifest.json').toString()) as {
    icons: { color: string; outline: string };
    bots: { botId: string; scopes: string[] }[];
    id: string;
    webApplicationInfo: { id: string };
    description: { short: string };
    name: { short: string };
  };
  expect([sizeOf(read(icons.color)), sizeOf(read(icons.outline))]).toEqual([
    [192, 192],
    [32, 32],
  ]);
  expect([bots[0]?.botId, webApplicationInfo.id]).toEqual([id, id]);
  expect(bots[0]?.scopes).toEqual(['team', 'groupChat']);
  expect(description.short.length).toBeLessThanOrEqual(80);
  expect(name.short.length).toBeLessThanOrEqual(30);
});
