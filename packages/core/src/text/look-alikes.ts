/**
 * Letters of one alphabet that look like those of another, after the idea of UTS #39: only what can pass for a letter or
 * a digit that people use in names, hosts and amounts, mapped to that one.
 */

const pairs = (twins: string, latin: string): readonly (readonly [string, string])[] => {
  const plain = Array.from(latin);
  return Array.from(twins, (twin, index) => [twin, plain[index] ?? ''] as const);
};

const TWINS: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  Cyrillic: new Map([
    ...pairs('асеорхуіјѕһԁԛԝьѵӏҽѡүғкмнтвпгзԍ', 'aceopxyijshdqwbvlewyfkmhtbnr3g'),
    ...pairs('АВЕКМНОРСТХУІЈЅԌԚԜЬҮӀЗЅ', 'ABEKMHOPCTXYIJSGQWbYI3S'),
  ]),
  Greek: new Map([
    ...pairs('αινορυχκγτωησεϲϳϱ', 'aivopuxkytwnoecjp'),
    ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿ', 'ABEZHIKMNOPTYXCJ'),
  ]),
  Armenian: new Map(pairs('օոսհցզքգյաՕՍՏԼՈԱ', 'onuhgqpqjuOUSLNU')),
  Cherokee: new Map(pairs('ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᏀᏃᏄᏎᏒᏔᏙᏚᏞᏟᏢᏦᏧᏩᏴᏳᏂᏏ', 'DRTiYAJEWMHGZOSRWVSLCPKdGBGhb')),
  Coptic: new Map(pairs('ⲀⲂⲈⲌⲎⲒⲔⲘⲚⲞⲢⲤⲦⲨⲬⲟⲣⲥⲭ', 'ABEZHIKMNOPCTYXopcx')),
  Lisu: new Map(pairs('ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓞꓟꓠꓡꓢꓣꓤꓥꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ', 'BPDTGKJCZFFMNLSRRVVHWXYAEIOU')),
};

/** Letters of the Latin alphabet itself that were made for phonetics and pass for plain ones. */
const LATIN_ODD =
  /[\u0251\u0261\u0269\u026A\u0262\u0274\u0280\u028F\u0299\u029C\u029F\u01C0\u01C3\u0185\u01BD\u1D00-\u1D25\uA730\uA731\uA7B7\uA7AE]/u;

export const hasOddLatin = (word: string): boolean => LATIN_ODD.test(word);

/** What a word of one alphabet would be taken for, if all its letters have a twin in the Latin one. */
export const latinReading = (word: string, script: string): string | undefined => {
  const twins = TWINS[script];
  if (twins === undefined) return undefined;
  let reading = '';
  for (const letter of word) {
    const twin = twins.get(letter);
    if (twin === undefined && /\p{L}/u.test(letter)) return undefined;
    reading += twin ?? letter;
  }
  return reading;
};

export const SCRIPTS_WITH_TWINS = Object.keys(TWINS);
