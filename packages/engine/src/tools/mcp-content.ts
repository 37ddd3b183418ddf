import { capContent } from './response-content.ts';

type Part = { type?: unknown; [key: string]: unknown };

const describePart = (part: Part): string => {
  if (part.type === 'text' && typeof part['text'] === 'string') return part['text'];
  if (part.type === 'resource') {
    const resource = (part['resource'] ?? {}) as Part;
    if (typeof resource['text'] === 'string') return resource['text'];
    return `[resource ${String(resource['uri'])}: not text]`;
  }
  if (part.type === 'resource_link') return `[resource ${String(part['uri'])}]`;
  const size = typeof part['data'] === 'string' ? `, ${Math.floor((part['data'].length * 3) / 4)} bytes` : '';
  const mediaType = typeof part['mimeType'] === 'string' ? part['mimeType'] : 'of unknown kind';
  return `[${String(part.type)} ${mediaType}${size}: not text]`;
};

/** A tool's result as text for a model: its text parts, or its structured content where there are none. */
export const mcpContent = (result: object): string => {
  const parts = 'content' in result && Array.isArray(result.content) ? (result.content as Part[]) : [];
  const structured = 'structuredContent' in result ? result.structuredContent : undefined;
  const text =
    parts.length === 0 && structured !== undefined ? JSON.stringify(structured) : parts.map(describePart).join('\n');
  return capContent(text.replaceAll('\u0000', '\ufffd'));
};
