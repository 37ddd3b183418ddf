const BYTES_MAX = 4096;

/** The start of an answer as text, whatever it is; the rest is not read. */
export const readStart = async (answer: Response, bytesMax = BYTES_MAX): Promise<string> => {
  if (answer.body === null) return '';
  const reader = answer.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < bytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.byteLength;
  }
  reader.cancel().catch(() => undefined); // what is not read is no business of ours
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8').replaceAll('\0', '');
};
