'use client';

import { Notice } from '../components/ui/notice';

export default function ErrorPage({ reset }: { readonly reset: () => void }) {
  return (
    <Notice title="This page could not be made" tone="bad">
      <p>Something failed on our side. The API’s log under SWM_HOME/logs says what.</p>
      <button
        type="button"
        onClick={reset}
        className="mt-3 rounded border border-line-strong px-3 py-1 hover:bg-sunken"
      >
        Try again
      </button>
    </Notice>
  );
}
