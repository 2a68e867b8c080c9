'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useTransition } from 'react';

/** Renders the page again `everyMs` after it last was, while it is open and visible; scroll and focus stay. */
export function LiveRefresh({ everyMs }: { readonly everyMs: number }) {
  const router = useRouter();
  const [isRefreshing, startRefresh] = useTransition();
  useEffect(() => {
    // One at a time: a slow answer delays the next question instead of piling up behind it.
    if (isRefreshing) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') startRefresh(() => router.refresh());
    }, everyMs);
    return () => clearInterval(timer);
  }, [router, everyMs, isRefreshing]);
  return null;
}
