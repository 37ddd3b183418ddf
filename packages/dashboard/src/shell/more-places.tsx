import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DropdownItem, DropdownLine } from '../ui/menu.tsx';
import type { Place } from './places.ts';

export const MorePlaces = ({ places }: { readonly places: readonly Place[] }): ReactNode => {
  const navigate = useNavigate();
  return (
    <>
      {places.map(({ to, label, icon: Icon }) => (
        <DropdownItem key={to} icon={<Icon size={16} aria-hidden="true" />} onSelect={() => void navigate({ to })}>{label}</DropdownItem>
      ))}
      <DropdownLine />
    </>
  );
};
