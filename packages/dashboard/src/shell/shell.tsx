import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { type ReactNode, Suspense, lazy, useEffect, useState } from 'react';
import { useHotkey } from '../keys/hotkeys.ts';
import { followEvents } from '../live/events.ts';
import { useMedia } from '../ui/use-media.ts';
import { BottomBar } from './bottom-bar.tsx';
import { type Place, usePlaces } from './places.ts';
import { Rail } from './rail.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcut-sheet.tsx')).ShortcutSheet }));

/** What opens by a key must open at once, so its code is fetched as soon as nothing else is going on. */
const warmUp = (): (() => void) => {
  const timer = setTimeout(() => {
    void import('./palette.tsx');
    void import('./shortcut-sheet.tsx');
    void import('../approvals/reject-box.tsx');
    void import('../schema-form/schema-form.tsx');
  }, 1000);
  return () => clearTimeout(timer);
};

const GoKey = ({ place }: { readonly place: Place }): null => {
  const navigate = useNavigate();
  useHotkey(
    place.key === null
      ? null
      : { keys: [`g ${place.key}`], label: place.label, group: 'Go to', run: () => void navigate({ to: place.to }) },
  );
  return null;
};

/** The frame of every signed-in page. */
export const Shell = (): ReactNode => {
  const client = useQueryClient();
  const phone = useMedia('(max-width: 639.98px)');
  const places = usePlaces();
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null);
  const close = (): void => setOpen(null);
  useEffect(() => followEvents(client), [client]);
  useEffect(warmUp, []);
  useHotkey({
    keys: ['mod+k'],
    label: 'Search or run',
    group: 'Everywhere',
    inFields: true,
    run: () => setOpen('palette'),
  });
  useHotkey({ keys: ['?'], label: 'Keyboard shortcuts', group: 'Everywhere', run: () => setOpen('shortcuts') });
  return (
    <>
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-fg px-3 py-2 text-bg focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <div className="flex h-dvh flex-col phone:flex-row">
        {!phone && <Rail onPalette={() => setOpen('palette')} onShortcuts={() => setOpen('shortcuts')} />}
        {places.map((place) => (
          <GoKey key={place.to} place={place} />
        ))}
        <main id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 outline-none">
          <Outlet />
        </main>
        {phone && <BottomBar />}
      </div>
      <Suspense fallback={null}>
        {open === 'palette' && <Palette onClose={close} onShortcuts={() => setOpen('shortcuts')} />}
        {open === 'shortcuts' && <ShortcutSheet onClose={close} />}
      </Suspense>
    </>
  );
};
