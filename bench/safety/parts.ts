/** The parts that are taken out for a comparison, and how: text of the source for another (without.ts does it). */
export type Change = { readonly file: string; readonly from: string; readonly to: string };

export const PARTS: Readonly<Record<string, readonly Change[]>> = {
  receipts: [
    {
      file: 'engine/src/approvals/seal.ts',
      from: 'export const sealNow = async (',
      to: 'export const sealNow = async () => null;\nexport const sealNowWith = async (',
    },
  ],
  sealing: [
    {
      file: 'engine/src/audit/sealer.ts',
      from: 'export const createSealer = (',
      to: `export const createSealer = () => ({
  round: async () => 3_600_000,
  watch: () => () => undefined,
  sealNow: async () => undefined,
  startEpoch: async () => undefined,
});
export const createRealSealer = (`,
    },
  ],
  redaction: [
    {
      file: 'core/src/redaction/redact.ts',
      from: 'export const redact = <T extends Json>(',
      to: 'export const redact = (value) => ({ value, taken: [] });\nexport const redactReally = <T extends Json>(',
    },
  ],
  limits: [
    {
      file: 'server/src/http/rate-limit.ts',
      from: 'export const createRateLimit = (',
      to: 'export const createRateLimit = () => ({ take: async () => ({}) });\nexport const createRealRateLimit = (',
    },
  ],
};
