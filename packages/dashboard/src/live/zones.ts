/** Those that browsers list by a name that people there no longer use, and would not find. */
const RENAMED = [
  'Africa/Asmara',
  'America/Argentina/Buenos_Aires',
  'America/Indiana/Indianapolis',
  'America/Kentucky/Louisville',
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
];

/** `undefined`, or what is wrong with it. */
export const zoneFault = (zone: string): string | undefined => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return 'Not a time zone, such as Europe/Berlin';
  }
};

export const ZONES = [
  'UTC',
  ...new Set([...RENAMED.filter((zone) => zoneFault(zone) === undefined), ...Intl.supportedValuesOf('timeZone')]),
].toSorted();
