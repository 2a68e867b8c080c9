import '@fontsource-variable/inter/index.css';
import type { Metadata, Viewport } from 'next';
import Link from 'next/link';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { paths } from '../lib/paths';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Leaderboard · Sliding-Window Merging', template: '%s · Sliding-Window Merging' },
  description:
    'Depth-pruned language models side by side: what was cut, what it cost, and whether the difference is real.',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' };

const link = 'rounded px-2 py-1 text-quiet hover:text-text hover:bg-sunken';

export default async function Layout({ children }: { readonly children: ReactNode }) {
  // Every page carries its own nonce, so none is made before it is asked for.
  await connection();
  return (
    <html lang="en">
      <body className="min-h-dvh text-[15px] leading-6">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:absolute focus:left-3 focus:top-3 focus:z-50 focus:rounded focus:bg-surface focus:px-3 focus:py-2"
        >
          Skip to content
        </a>
        <header className="border-b border-line bg-surface">
          <div className="mx-auto flex max-w-[1440px] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2.5 sm:px-6">
            <Link href={paths.leaderboard()} className="font-semibold tracking-tight">
              Sliding-Window Merging
            </Link>
            <nav aria-label="Main" className="-mx-2 flex gap-1 text-sm">
              <Link href={paths.leaderboard()} className={link}>
                Leaderboard
              </Link>
              <Link href={paths.experiments()} className={link}>
                Experiments
              </Link>
            </nav>
          </div>
        </header>
        <main id="main" tabIndex={-1} className="mx-auto max-w-[1440px] px-4 py-6 outline-none sm:px-6">
          {children}
        </main>
      </body>
    </html>
  );
}
