/** Where a node's outlets lead, each as a choice: how lines are drawn without a mouse. */
import { type ReactNode, useMemo, useState } from 'react';
import { Field, SelectInput } from '../../ui/field.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { type Draft, type DraftNode, nameOf, nodeOf } from '../graph/draft.ts';
import { type Target, targetsFor } from '../graph/legal.ts';
import { type Port, portsOf } from '../graph/ports.ts';

type LeadsProps = {
  readonly draft: Draft;
  readonly node: DraftNode;
  readonly faults: ReadonlyMap<string, string>;
  readonly readOnly: boolean;
  readonly onConnect: (port: string, to: string) => void;
  readonly onDisconnect: (port: string) => void;
};

const words = (draft: Draft, id: string): string => {
  const node = nodeOf(draft, id);
  return node === undefined || nameOf(node) === id ? id : `${nameOf(node)} (${id})`;
};

const PortChoice = ({
  draft,
  node,
  port,
  fault,
  readOnly,
  onConnect,
  onDisconnect,
}: Omit<LeadsProps, 'faults'> & { readonly port: Port; readonly fault: string | undefined }): ReactNode => {
  // In a large graph this takes a moment, so it is done when somebody is about to choose.
  const [isAsked, setIsAsked] = useState(false);
  const targets = useMemo(
    (): readonly Target[] => (isAsked ? targetsFor(draft, node.id, port.id) : []),
    [isAsked, draft, node.id, port.id],
  );
  const isListed = port.to === null || targets.some(({ id }) => id === port.to);
  return (
    <Field label={port.label} error={fault} className="min-w-0">
      {(wiring) => (
        <SelectInput
          {...wiring}
          data-leads={port.id}
          disabled={readOnly}
          value={port.to ?? ''}
          onFocus={() => setIsAsked(true)}
          onPointerDown={() => setIsAsked(true)}
          onChange={(event) =>
            event.target.value === '' ? onDisconnect(port.id) : onConnect(port.id, event.target.value)
          }
        >
          <option value="">nowhere</option>
          {!isListed && port.to !== null && <option value={port.to}>{words(draft, port.to)}</option>}
          {targets.map(({ id, whyNot }) => (
            <option key={id} value={id} disabled={whyNot !== null && id !== port.to}>
              {words(draft, id)}
              {whyNot !== null && id !== port.to ? `, not possible: ${whyNot}` : ''}
            </option>
          ))}
        </SelectInput>
      )}
    </Field>
  );
};

export const LeadsTo = (props: LeadsProps): ReactNode => {
  const ports = portsOf(props.node);
  if (ports.length === 0) return null;
  return (
    <fieldset className="flex flex-col gap-2.5">
      <legend className="mb-1.5 flex items-center gap-2 font-semibold">
        Leads to <Kbd keys="c" className="font-normal text-fg-3" />
      </legend>
      <div className="grid grid-cols-2 gap-2.5">
        {ports.map((port) => (
          <PortChoice key={port.id} {...props} port={port} fault={props.faults.get(port.id)} />
        ))}
      </div>
    </fieldset>
  );
};
