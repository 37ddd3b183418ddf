import { spawn, type ChildProcess } from 'node:child_process';
import type { JSONRPCMessage, MCPTransport } from '@ai-sdk/mcp';
import { mcpCallContext, withIdempotencyKey } from './mcp-call.ts';

export type StdioServer = { command: string; args: string[]; env: Record<string, string> };

/** A longer line is no tool result but a broken or hostile server filling our memory. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
const STDERR_LENGTH_MAX = 2000;
const KILL_AFTER_MS = 2000;

/** Nothing of ours but what a program needs to be found and to find its own files: our environment holds secrets. */
const childEnvironment = (configured: Record<string, string>): Record<string, string> => {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ) as Record<string, string>;
  return { ...inherited, ...configured };
};

/** Signals the child's whole process group: a server started through a wrapper such as npx is its grandchild. */
const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended already
  }
};

/**
 * The client's side of MCP over a child's standard streams: one JSON message a line. Ours instead of the library's own
 * because that one passes more of our environment on, buffers without limit and leaves grandchildren behind.
 */
export class StdioTransport implements MCPTransport {
  readonly supportsProtocolVersionDiscovery = true;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  /** The end of what the child wrote to standard error, to explain why it ended. */
  stderrTail = '';
  /** How the child ended, if it did so by itself. */
  exit: string | undefined;

  readonly #server: StdioServer;
  #child: ChildProcess | undefined;
  #buffer = '';
  #isClosing = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(server: StdioServer) {
    this.#server = server;
  }

  async start(): Promise<void> {
    const { command, args, env } = this.#server;
    const child = spawn(command, args, {
      env: childEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // a process group of its own, so that all of it can be ended
      shell: false,
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        if (!this.#isClosing) this.exit = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
        this.#child = undefined;
        resolve();
        this.onclose?.();
      });
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-STDERR_LENGTH_MAX);
    });
    // A write to a child that has just ended fails here; its end is reported by `close`.
    child.stdin?.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.on('error', (error) => this.onerror?.(error));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw new Error('the MCP server has ended');
    const context = mcpCallContext.getStore();
    const outgoing = context === undefined ? message : withIdempotencyKey(message, context);
    if (context) context.hasSent = true;
    stdin.write(`${JSON.stringify(outgoing)}\n`);
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#isClosing = true;
    child.stdin?.end();
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(timer);
    // The child may have ended politely and left others of its group behind.
    signalGroup(child, 'SIGKILL');
  }

  #receive(text: string): void {
    const lines = (this.#buffer + text).split('\n');
    this.#buffer = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#deliver(line);
    if (this.#buffer.length <= LINE_BYTES_MAX) return;
    this.#buffer = '';
    this.stderrTail = `it wrote a line of over ${LINE_BYTES_MAX} bytes`;
    if (this.#child) signalGroup(this.#child, 'SIGKILL');
  }

  #deliver(line: string): void {
    try {
      const message: unknown = JSON.parse(line);
      // The client checks what is inside; many servers also print log lines here, which are no messages.
      if (typeof message === 'object' && message !== null && 'jsonrpc' in message)
        this.onmessage?.(message as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
