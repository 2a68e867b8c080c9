'use client';

import { useFormStatus } from 'react-dom';

/** The button of a form; says that its action is under way. */
export function PendingButton({ label, pendingLabel }: { readonly label: string; readonly pendingLabel: string }) {
  const { pending } = useFormStatus();
  return (
    <button
      type="submit"
      disabled={pending}
      className="rounded border border-line-strong bg-surface px-3 py-1 text-sm hover:border-bad hover:text-bad"
    >
      {pending ? pendingLabel : label}
    </button>
  );
}
