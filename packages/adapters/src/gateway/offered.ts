/** Which tools the gateway offers: those whose definition is the one that was reviewed (tool poisoning, "rug pull"). */
import { type Client, GateError, confirm } from '@countersign/sdk';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { type Memory, definitionOf, sha256 } from './memory.ts';
import type { Upstream } from './upstream.ts';

export type Offered = { readonly upstream: Upstream; readonly tool: Tool };

export type Catalogue = {
  /** By the name under which it is offered. */
  readonly offered: () => ReadonlyMap<string, Offered>;
  /** Whether a tool of this name is there, and waits for its new definition to be reviewed. */
  readonly isHeldBack: (name: string) => boolean;
  readonly refresh: () => Promise<void>;
};

/** @param onChange what is offered has changed */
export const createCatalogue = (
  client: Client,
  memory: Memory,
  upstreams: readonly Upstream[],
  signal: AbortSignal,
  onChange: () => void,
): Catalogue => {
  let offered = new Map<string, Offered>();
  let heldBack = new Set<string>();
  const asked = new Set<string>();
  // One server keeps its names; several are told apart by theirs.
  const nameOf = ({ name }: Upstream, tool: Tool): string =>
    upstreams.length === 1 ? tool.name : `${name}__${tool.name}`;

  const refresh = async (): Promise<void> => {
    const next = new Map<string, Offered>();
    const held = new Set<string>();
    for (const upstream of upstreams) {
      const tools = await upstream.tools();
      if (!memory.isKnown(upstream.name)) memory.pinAll(upstream.name, tools);
      for (const tool of tools) {
        const name = nameOf(upstream, tool);
        if (memory.isPinned(upstream.name, tool)) next.set(name, { upstream, tool });
        else {
          held.add(name);
          void review(upstream, tool);
        }
      }
    }
    offered = next;
    heldBack = held;
    onChange();
  };

  /** A person looks at the definition, as it would be shown to a model. Until then it is not. */
  const review = async (upstream: Upstream, tool: Tool): Promise<void> => {
    const key = `gateway/${memory.id}/${upstream.name}/${sha256(definitionOf(tool))}`;
    if (asked.has(key)) return;
    asked.add(key);
    const title = `The tool ${tool.name} of the MCP server ${upstream.name} has a definition that nobody has reviewed`;
    const content = JSON.stringify(definitionOf(tool), null, 2).slice(0, 20_000);
    try {
      await confirm(
        client,
        {
          title: title.slice(0, 300),
          checkpoint: 'mcp_tool_definition',
          priority: 'high',
          evidence: [{ label: 'New definition', content, source: upstream.name }],
          impact: { if_approved: 'Models are shown this text and may call the tool.', if_rejected: 'It stays hidden.' },
        },
        { key, isRepeatable: true, leavePending: true, signal },
      );
      memory.pin(upstream.name, tool);
      await refresh();
    } catch (error) {
      if (!signal.aborted && !(error instanceof GateError)) asked.delete(key); // Asked again at the next look.
    }
  };

  return { offered: () => offered, isHeldBack: (name) => heldBack.has(name), refresh };
};
