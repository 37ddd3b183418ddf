import { Archive, Download, History, ListTree, Pencil, Undo2 } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Dropdown, DropdownItem, DropdownLine } from '../../ui/menu.tsx';

export type EditorAction = 'rename' | 'versions' | 'executions' | 'export' | 'discard' | 'archive';

type ItemsProps = {
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly mayWrite: boolean;
  readonly hasChanges: boolean;
  readonly onChoose: (action: EditorAction) => void;
};

export const MoreItems = ({ trigger, mayWrite, hasChanges, onChoose }: ItemsProps): ReactNode => (
  <Dropdown trigger={trigger}>
    <DropdownItem icon={<History size={15} aria-hidden="true" />} onSelect={() => onChoose('versions')}>
      Versions
    </DropdownItem>
    <DropdownItem icon={<ListTree size={15} aria-hidden="true" />} onSelect={() => onChoose('executions')}>
      Executions
    </DropdownItem>
    <DropdownItem icon={<Download size={15} aria-hidden="true" />} onSelect={() => onChoose('export')}>
      Save as a JSON file
    </DropdownItem>
    {mayWrite && (
      <>
        <DropdownLine />
        <DropdownItem icon={<Pencil size={15} aria-hidden="true" />} onSelect={() => onChoose('rename')}>
          Name and description
        </DropdownItem>
        {hasChanges && (
          <DropdownItem icon={<Undo2 size={15} aria-hidden="true" />} onSelect={() => onChoose('discard')}>
            Drop the draft
          </DropdownItem>
        )}
        <DropdownItem icon={<Archive size={15} aria-hidden="true" />} onSelect={() => onChoose('archive')}>
          Archive
        </DropdownItem>
      </>
    )}
  </Dropdown>
);
