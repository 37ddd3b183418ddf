import { expect, test } from 'vitest';
import { PLAIN_BYTES_MAX, encryptPush } from './encrypt.ts';

/** RFC 8291, section 5 and appendix A. */
const RFC = {
  text: 'When I grow up, I want to be a watermelon',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

test('RFC 8291, appendix A: the example comes out byte by byte', () => {
  const ours = {
    privateKey: Buffer.from(RFC.privateKey, 'base64url'),
    salt: Buffer.from(RFC.salt, 'base64url'),
  };
  expect(encryptPush(Buffer.from(RFC.text), RFC, ours).toString('base64url')).toBe(RFC.body);
});

test('the longest message fits what every push service has to take', () => {
  expect(encryptPush(Buffer.alloc(PLAIN_BYTES_MAX), RFC)).toHaveLength(4096);
});

test('a key that is no point of the curve is refused', () => {
  expect(() => encryptPush(Buffer.from('x'), { ...RFC, p256dh: `B${'A'.repeat(86)}` })).toThrow();
});
