import { describe, expect, test } from 'vitest';
import { matchesScim, parseScimFilter } from './filter.ts';
import { patchScim } from './patch.ts';

const USER = {
  userName: 'Ann@example.com',
  externalId: 'A-1',
  active: true,
  name: { givenName: 'Ann', familyName: 'Lee' },
  emails: [{ value: 'ann@example.com', type: 'work', primary: true }],
};

describe('a filter', () => {
  test.each([
    ['userName eq "ann@example.com"', true],
    ['username EQ "ANN@example.com"', true],
    ['externalId eq "a-1"', false],
    ['externalId eq "A-1" and active eq true', true],
    ['userName eq "x" or name.familyName sw "l"', true],
    ['not (userName eq "ann@example.com")', false],
    ['emails[type eq "work" and value co "@example.com"]', true],
    ['emails.value eq "ann@example.com"', true],
    ['emails co "example"', true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann@example.com"', true],
    ['nickName pr', false],
    ['userName eq "a" or userName eq "b" and active eq true', false],
    ['(userName eq "ann@example.com" or userName eq "b") and active eq false', false],
  ])('%s finds Ann: %s', (text, found) => {
    const filter = parseScimFilter(text);
    expect(filter.ok && matchesScim(filter.value, USER)).toBe(found);
  });
  test.each([
    '',
    'userName',
    'userName eq',
    'userName is "x"',
    'userName eq "x',
    '(userName eq "x"',
    'a eq "x" and',
    '"x" eq a',
    'eq eq eq eq',
    `a eq ${'['.repeat(300)}`,
  ])('that can not be read is refused: %s', (text) => expect(parseScimFilter(text).ok).toBe(false));
});

describe('a PATCH', () => {
  test.each([
    ['Entra ID: a boolean as text', [{ op: 'Replace', path: 'active', value: 'False' }], { active: 'False' }],
    ['Okta: attributes without a path', [{ op: 'replace', value: { active: false } }], { active: false }],
    [
      'paths as names',
      [{ op: 'Replace', value: { 'name.givenName': 'Anna' } }],
      { name: { givenName: 'Anna', familyName: 'Lee' } },
    ],
    [
      'a sub-attribute',
      [{ op: 'add', path: 'name.familyName', value: 'Li' }],
      { name: { givenName: 'Ann', familyName: 'Li' } },
    ],
    [
      'Entra ID: one of a list, by a filter',
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@example.com' }],
      { emails: [{ value: 'a@example.com', type: 'work', primary: true }] },
    ],
    [
      'one of a list that is not there yet',
      [{ op: 'Add', path: 'emails[type eq "home"].value', value: 'h@example.com' }],
      { emails: [...USER.emails, { type: 'home', value: 'h@example.com' }] },
    ],
    ['a removal', [{ op: 'remove', path: 'externalId' }], { externalId: undefined }],
    [
      'a path with the schema before it',
      [{ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:userName', value: 'B' }],
      { userName: 'B' },
    ],
  ])('%s', (_, operations, wanted) => {
    expect(patchScim(USER, operations)).toEqual({ ok: true, value: { ...USER, ...wanted } });
  });

  const GROUP = { displayName: 'Finance', members: [{ value: 'usr_1', display: 'One' }, { value: 'usr_2' }] };
  const ids = (result: ReturnType<typeof patchScim>): unknown =>
    result.ok && (result.value['members'] as { value: string }[]).map(({ value }) => value);
  test.each([
    [
      'adds members, each once',
      [{ op: 'Add', path: 'members', value: [{ value: 'usr_2' }, { value: 'usr_3' }] }],
      ['usr_1', 'usr_2', 'usr_3'],
    ],
    ['removes by a filter', [{ op: 'remove', path: 'members[value eq "usr_1"]' }], ['usr_2']],
    [
      'Entra ID: removes what the value names',
      [{ op: 'Remove', path: 'members', value: [{ value: 'usr_2' }] }],
      ['usr_1'],
    ],
    ['removes all', [{ op: 'remove', path: 'members' }], []],
    ['replaces all', [{ op: 'replace', path: 'members', value: [{ value: 'usr_9' }] }], ['usr_9']],
    ['Okta: replaces without a path', [{ op: 'replace', value: { members: [{ value: 'usr_9' }] } }], ['usr_9']],
  ])('of a group %s', (_, operations, wanted) => {
    expect(ids(patchScim(GROUP, operations))).toEqual(wanted);
  });

  test.each([
    ['invalidSyntax', { op: 'move', path: 'active', value: true }],
    ['invalidValue', { op: 'add', path: 'active' }],
    ['noTarget', { op: 'remove' }],
    ['invalidPath', { op: 'replace', path: 'emails[type eq', value: 'x' }],
    ['invalidPath', { op: 'replace', path: 'userName.first', value: 'x' }],
  ])('is refused as %s, and then nothing of it is done', (refusal, operation) => {
    expect(patchScim(USER, [{ op: 'replace', path: 'active', value: false }, operation])).toEqual({
      ok: false,
      refusal,
    });
  });
});
