'use client';

import { useState } from 'react';

/** Copies a text, and says that it did. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      // Browsers refuse outside secure contexts; the text can still be selected.
      () => setState('refused'),
    );
  return (
    <button
      type="button"
      onClick={copy}
      className="rounded border border-line-strong px-2 py-0.5 text-xs hover:bg-sunken"
    >
      <span aria-live="polite">{{ idle: label, copied: 'Copied', refused: 'Select it by hand' }[state]}</span>
    </button>
  );
}
