/** The least model there can be: every question gets the same answer, in the form of the OpenAI-compatible API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = Buffer.from(
  JSON.stringify({
    id: 'answer',
    object: 'chat.completion',
    created: 0,
    model: 'scripted',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'It arrives tomorrow before noon.' } },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 },
  }),
);

export const startModel = async (): Promise<{ url: string; close: () => void }> => {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
