import { type ReactNode, useMemo } from 'react';
import { ValueText } from './value-text.tsx';

/** A tool's answer: JSON is laid out for reading, anything else is shown as it came. */
export const ResultText = ({ text }: { readonly text: string }): ReactNode => {
  const laidOut = useMemo(() => {
    if (!/^\s*[[{]/.test(text)) return text;
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }, [text]);
  return <ValueText text={laidOut} />;
};
