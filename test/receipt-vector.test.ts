/** The test vector of docs/spec/receipt.md: what the page shows is what the code makes, and what the verifier takes. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyReceipt } from '../packages/sdk/src/index.ts';
import { createSigner, refundStatement } from '../packages/sdk/src/testing/receipts.ts';
import { read } from './repository.ts';

const block = (name: string): string => {
  const found = new RegExp(`\`\`\`\\w+ vector=${name}\\n(.*?)\\n\`\`\``, 's').exec(read('docs/spec/receipt.md'));
  if (!found?.[1]) throw new Error(`no block ${name}`);
  return found[1];
};

/** An Ed25519 private key of 32 bytes of 1, in PKCS #8 (RFC 8410). */
const PREFIX = '302e020100300506032b657004220420';
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from(PREFIX, 'hex'), Buffer.alloc(32, 1)]),
  format: 'der',
  type: 'pkcs8',
});

test('T54: the receipt of the specification is the one that the code makes, and verifies with the keys beside it', async () => {
  const signer = createSigner({ privateKey, publicKey: createPublicKey(privateKey) });
  expect(JSON.parse(block('jwks'))).toEqual(signer.keys);
  expect(block('receipt')).toBe(signer.receipt(refundStatement()));
  const { statement, kid } = await verifyReceipt(block('receipt'), { keys: signer.keys });
  expect([kid, statement]).toEqual([signer.key.kid, refundStatement()]);
});
