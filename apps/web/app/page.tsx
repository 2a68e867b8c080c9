import Link from 'next/link';
import { Suspense } from 'react';
import { PlanLegend } from '../components/plan/plan-strip';
import { LeaderboardTable } from '../components/table/leaderboard-table';
import { ApiDown, Notice } from '../components/ui/notice';
import { ApiError, type LeaderboardGroup, readGroups, readLeaderboard } from '../lib/api';
import { digest } from '../lib/format';
import { paths } from '../lib/paths';
import { differenceOf } from '../lib/protocol-difference';
import { ORDER_KEYS, ORDERS, type OrderKey, readOrder } from '../lib/url-state';

export const dynamic = 'force-dynamic';

/** What may not be forgotten about the rows below. */
function Caveats({ protocol: { isDemonstration, limit } }: { readonly protocol: LeaderboardGroup['protocol'] }) {
  const notes = [
    ...(isDemonstration ? ['a demonstration no paper reports'] : []),
    ...(typeof limit === 'number' ? [`partial: limit ${limit}`] : []),
  ];
  return notes.map((note) => (
    <span key={note} className="rounded border border-warn bg-warn-soft px-2 py-px text-xs font-medium text-warn">
      {note}
    </span>
  ));
}

async function Group({ group, order }: { readonly group: LeaderboardGroup; readonly order: OrderKey }) {
  const { model, protocol } = group;
  const { nodes, totalCount } = await readLeaderboard(group, ORDERS[order].order);
  const id = `group-${model.id}-${protocol.id}`;
  return (
    <section
      className="overflow-hidden rounded-lg border border-line bg-surface shadow-sm"
      data-group={protocol.id}
      aria-labelledby={`${id} ${id}-about`}
    >
      <header className="border-b border-line bg-sunken px-4 py-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
          <h2 id={id} className="font-semibold">
            {model.name} <span className="font-normal text-quiet">under</span> {protocol.name}
          </h2>
          <Caveats protocol={protocol} />
        </div>
        <p id={`${id}-about`} className="mt-0.5 text-sm text-quiet" title={model.provenance}>
          {protocol.label} · {model.depth} layers, revision <code className="text-xs">{digest(model.revision)}</code> ·
          protocol id <code className="text-xs">{digest(protocol.id)}</code>
        </p>
      </header>
      <LeaderboardTable
        rows={nodes}
        order={order}
        label={`Table of ${model.name} under ${protocol.label}, ${digest(protocol.id)}`}
      />
      {totalCount > nodes.length ? (
        <p className="border-t border-line px-4 py-2 text-sm text-quiet">
          The first {nodes.length} of {totalCount} rows.
        </p>
      ) : null}
    </section>
  );
}

/** Between two groups: nothing may be read across it, and it says why. */
function Wall({ above, below }: { readonly above: LeaderboardGroup; readonly below: LeaderboardGroup }) {
  return (
    <div className="wall my-7 flex items-center justify-center px-4 py-2 sm:py-0">
      <p className="bg-page px-3 text-center text-xs text-quiet">
        not comparable across this line: other {differenceOf(above, below)}
      </p>
    </div>
  );
}

function SortLinks({ order }: { readonly order: OrderKey }) {
  return (
    <nav aria-label="Sort" className="flex flex-wrap items-center gap-x-1 gap-y-1 text-sm">
      <span className="mr-1 text-quiet">Sort by</span>
      {ORDER_KEYS.map((key) => (
        <Link
          key={key}
          href={paths.leaderboard(key)}
          scroll={false}
          aria-current={key === order ? 'true' : undefined}
          className="rounded border border-transparent px-2 py-0.5 text-quiet hover:bg-sunken hover:text-text aria-[current]:border-line-strong aria-[current]:bg-surface aria-[current]:text-text"
        >
          {ORDERS[key].title}
        </Link>
      ))}
    </nav>
  );
}

function Empty() {
  return (
    <Notice title="No rows yet" level="h2">
      <p>
        A row appears when an experiment has been scored and published. <code>npm run demo</code> makes three; launches
        of your own go through the GraphQL API (see the README).
      </p>
      <p className="mt-2">
        <Link href={paths.experiments()} className="text-accent underline underline-offset-2">
          Experiments under way
        </Link>
      </p>
    </Notice>
  );
}

async function Board({ order }: { readonly order: OrderKey }) {
  const groups = await readGroups().catch((error: unknown) => {
    if (error instanceof ApiError) return error;
    throw error;
  });
  if (groups instanceof ApiError) return <ApiDown code={groups.code} level="h2" />;
  if (groups.length === 0) return <Empty />;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <SortLinks order={order} />
        <p className="text-xs text-quiet">
          <PlanLegend />
        </p>
      </div>
      {groups.map((group, index) => {
        const above = groups[index - 1];
        return (
          <div key={`${group.model.id} ${group.protocol.id}`}>
            {above ? <Wall above={above} below={group} /> : null}
            <Group group={group} order={order} />
          </div>
        );
      })}
      <p className="mt-4 max-w-3xl text-sm text-quiet">
        Scores are percent; means carry their 95 % interval, tasks their standard error, latency its standard deviation.
        Rank is 1 + the number of rows significantly better in a paired test, so rows that cannot be told apart share
        one. “Above chance” gives guessing 0 and perfection 100. A task is not informative for a model whose dense score
        is not significantly above always giving the commonest right answer. What was not measured is “—”.
      </p>
    </>
  );
}

/** What is shown while the rows are on their way. */
function Loading() {
  return (
    <div role="status" className="rounded-lg border border-line bg-surface p-4">
      <p className="text-quiet">Reading the leaderboard …</p>
      {[0, 1, 2].map((line) => (
        <div key={line} className="mt-3 h-9 animate-pulse rounded bg-sunken" />
      ))}
    </div>
  );
}

export default async function LeaderboardPage({
  searchParams,
}: {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const order = readOrder((await searchParams).sort);
  return (
    <>
      <div className="mb-5 max-w-3xl">
        <h1 className="text-2xl font-semibold tracking-tight">Leaderboard</h1>
        <p className="mt-1 text-quiet">
          What was cut from each network, what it cost, and whether the difference is real.
        </p>
      </div>
      <Suspense fallback={<Loading />}>
        <Board order={order} />
      </Suspense>
    </>
  );
}
