import type { Metadata } from 'next';
import Link from 'next/link';
import { LiveRefresh } from '../../components/ui/live-refresh';
import { ApiDown, Notice } from '../../components/ui/notice';
import { ScrollRegion } from '../../components/ui/scroll-region';
import { StateBadge } from '../../components/ui/state-badge';
import { ApiError, readExperiments } from '../../lib/api';
import { MISSING, moment } from '../../lib/format';
import { methodSettings } from '../../lib/method-settings';
import { paths } from '../../lib/paths';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Experiments' };

export default async function ExperimentsPage({
  searchParams,
}: {
  readonly searchParams: Promise<{ after?: string }>;
}) {
  const { after } = await searchParams;
  const page = await readExperiments(typeof after === 'string' ? after : null).catch((error: unknown) => {
    if (error instanceof ApiError) return error;
    throw error;
  });
  if (page instanceof ApiError) return <ApiDown code={page.code} />;
  if (page.nodes.length === 0) {
    return (
      <Notice title="No experiments yet">
        <p>
          Launch one by GraphQL (the README has a line to copy), or run <code>npm run demo</code>.
        </p>
      </Notice>
    );
  }
  const isLive = page.nodes.some(({ state }) => state === 'QUEUED' || state === 'RUNNING');
  return (
    <>
      {isLive ? <LiveRefresh everyMs={3000} /> : null}
      <h1 className="mb-4 text-2xl font-semibold tracking-tight">Experiments</h1>
      <ScrollRegion label="Experiments" className="rounded-lg border border-line bg-surface">
        <table className="tabular w-full border-collapse text-sm">
          <thead>
            <tr className="text-left text-xs text-quiet">
              {['Experiment', 'State', 'Model', 'Plan', 'Launched'].map((title) => (
                <th key={title} scope="col" className="border-b border-line-strong px-3 py-2 font-medium">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {page.nodes.map((experiment) => (
              <tr key={experiment.id} className="border-b border-line last:border-0 hover:bg-sunken">
                <td className="px-3 py-2">
                  <Link
                    href={paths.experiment(experiment.id)}
                    className="font-medium underline decoration-line-strong underline-offset-2"
                  >
                    {experiment.method.title}
                  </Link>
                  <span className="block text-xs text-quiet">
                    {methodSettings(experiment.method, experiment.target)}
                  </span>
                </td>
                <td className="px-3 py-2">
                  <StateBadge state={experiment.state} />{' '}
                  {experiment.error ? <code className="text-xs text-bad">{experiment.error.code}</code> : null}
                </td>
                <td className="whitespace-nowrap px-3 py-2">{experiment.model.name}</td>
                <td className="whitespace-nowrap px-3 py-2 font-mono text-xs">{experiment.plan?.text ?? MISSING}</td>
                <td className="whitespace-nowrap px-3 py-2 text-quiet">{moment(experiment.createdAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {page.pageInfo.hasNextPage && page.pageInfo.endCursor ? (
        <p className="mt-3">
          <Link
            className="text-accent underline underline-offset-2"
            href={`${paths.experiments()}?after=${encodeURIComponent(page.pageInfo.endCursor)}`}
          >
            Older experiments
          </Link>
        </p>
      ) : null}
    </>
  );
}
