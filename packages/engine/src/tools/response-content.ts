/** An HTTP answer as text for a model. */
import { CONTENT_BYTES_MAX } from './tool-outcome.ts';

const isText = (mediaType: string): boolean =>
  mediaType === '' ||
  mediaType.startsWith('text/') ||
  /^application\/(?:.*\+)?(?:json|xml|yaml|javascript|x-www-form-urlencoded|x-ndjson|graphql)$/.test(mediaType);

/** Reads no more than the limit, then lets go of the connection. */
const readCapped = async (body: ReadableStream<Uint8Array>): Promise<{ bytes: Buffer; isCut: boolean }> => {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > CONTENT_BYTES_MAX) break; // leaving the loop cancels the stream
  }
  const bytes = Buffer.concat(chunks);
  return { bytes: bytes.subarray(0, CONTENT_BYTES_MAX), isCut: sizeBytes > CONTENT_BYTES_MAX };
};

/** Cuts a text to the limit without splitting a character, and says so. */
export const capContent = (text: string): string => {
  const bytes = Buffer.from(text);
  return bytes.byteLength <= CONTENT_BYTES_MAX ? text : decodeCut(bytes.subarray(0, CONTENT_BYTES_MAX));
};

const decodeCut = (bytes: Buffer): string =>
  // In stream mode the decoder keeps back the bytes of an unfinished character.
  `${new TextDecoder().decode(bytes, { stream: true })}\n[cut after ${CONTENT_BYTES_MAX} bytes]`;

/**
 * The body of an answer: text as it is, cut at the limit; anything else only described, since a model can't read it.
 * U+0000 is replaced, because PostgreSQL can't store it. Rejects as the body's stream does.
 */
export const responseContent = async (response: Response): Promise<string> => {
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  if (response.body === null) return '';
  if (!isText(mediaType.trim())) {
    await response.body.cancel();
    const length = response.headers.get('content-length');
    return `[${mediaType.trim()}${length === null ? '' : `, ${length} bytes`}: not text]`;
  }
  const { bytes, isCut } = await readCapped(response.body);
  const text = isCut ? decodeCut(bytes) : new TextDecoder().decode(bytes);
  return text.replaceAll('\u0000', '\ufffd');
};
