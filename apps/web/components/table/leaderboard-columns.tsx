import Link from 'next/link';
import type { ReactNode } from 'react';
import type { LeaderboardRow } from '../../lib/api';
import { decimal, MISSING, milliseconds, parameters, percent, points } from '../../lib/format';
import { optionTexts } from '../../lib/method-settings';
import { paths } from '../../lib/paths';
import type { OrderKey } from '../../lib/url-state';
import { DeltaBar, IntervalBar } from '../chart/interval-bar';
import { PlanStrip } from '../plan/plan-strip';
import { NotInformative } from '../ui/not-informative';

/** What every cell of a table shares. */
export interface TableScale {
  readonly mean: { readonly low: number; readonly high: number };
  /** The dense row's mean, where there is one. */
  readonly dense: number | undefined;
  readonly deltaLimit: number;
}

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly hint: string;
  /** A mark under the title. */
  readonly mark?: ReactNode;
  readonly sort?: OrderKey;
  readonly isNumber?: boolean;
  /** Names the row. */
  readonly isHeading?: boolean;
  readonly cell: (row: LeaderboardRow, scale: TableScale) => ReactNode;
}

const describeMethod = ({ method, plan }: LeaderboardRow): string =>
  [
    method.profile?.toLowerCase(),
    typeof method.threshold === 'number' ? `T = ${decimal(method.threshold, 3)}` : null,
    ...optionTexts(method.options, ['rule']),
    plan.recipes.some(({ kind }) => kind === 'MERGE') ? plan.rule : null,
  ]
    .filter(Boolean)
    .join(' · ');

function MethodCell({ row }: { readonly row: LeaderboardRow }) {
  const description = describeMethod(row);
  return (
    <div className="w-32 sm:w-48">
      <Link
        href={paths.experiment(row.experimentId)}
        className="whitespace-normal font-medium text-text underline decoration-line-strong underline-offset-2 hover:decoration-accent"
      >
        {row.method.title}
      </Link>
      {description ? (
        <span className="block truncate text-xs text-quiet" title={description}>
          {description}
        </span>
      ) : null}
      <div className="mt-1.5" title={row.plan.text}>
        <PlanStrip plan={row.plan} className="h-3.5 w-full" />
      </div>
    </div>
  );
}

function MeanCell({ row, scale }: { readonly row: LeaderboardRow; readonly scale: TableScale }) {
  const { mean, meanIntervalLow: low, meanIntervalHigh: high } = row;
  return (
    <div className="ml-auto w-32">
      <span className="text-base font-semibold leading-5" data-figure="mean" data-value={mean}>
        {percent(mean)}
      </span>{' '}
      <span className="text-xs text-quiet" data-figure="interval" data-low={low} data-high={high}>
        [{percent(low)}, {percent(high)}]
      </span>
      <IntervalBar {...{ low, mean, high }} scale={scale.mean} reference={scale.dense} />
    </div>
  );
}

function ChanceCorrectedCell({ row: { chanceCorrectedMean, informativeMean } }: { readonly row: LeaderboardRow }) {
  return (
    <>
      <span data-figure="chance-corrected" data-value={chanceCorrectedMean ?? undefined}>
        {percent(chanceCorrectedMean)}
      </span>
      {typeof informativeMean === 'number' ? (
        <span
          className="block text-xs text-quiet"
          title="Plain mean without the tasks that are not informative for this model"
        >
          informative tasks{' '}
          <span data-figure="informative-mean" data-value={informativeMean}>
            {percent(informativeMean)}
          </span>
        </span>
      ) : null}
    </>
  );
}

function DeltaCell({ row, scale }: { readonly row: LeaderboardRow; readonly scale: TableScale }) {
  const { deltaToDense: value, deltaToDenseStderr: stderr } = row;
  if (typeof value !== 'number') return <span data-figure="delta">{MISSING}</span>;
  return (
    <div className="ml-auto w-24">
      <span data-figure="delta" data-value={value}>
        {points(value)}
      </span>{' '}
      <span className="text-xs text-quiet" data-figure="delta-error" data-value={stderr ?? undefined}>
        ± {percent(stderr)}
      </span>
      <DeltaBar value={value} stderr={stderr ?? null} limit={scale.deltaLimit} />
    </div>
  );
}

function LatencyCell({ row: { latency } }: { readonly row: LeaderboardRow }) {
  if (!latency) return <span data-figure="latency">{MISSING}</span>;
  const { protocol, promptTokens, newTokens, machine } = latency;
  return (
    <span title={`${protocol}: ${promptTokens} prompt and ${newTokens} new tokens on ${machine}`}>
      <span data-figure="latency" data-value={latency.latencyMsMean}>
        {milliseconds(latency.latencyMsMean)}
      </span>
      <span className="text-xs text-quiet" data-figure="latency-sd" data-value={latency.latencyMsSd}>
        {' '}
        ± {milliseconds(latency.latencyMsSd)}
      </span>
      <span className="block text-xs text-quiet">{decimal(latency.tokensPerSecond, 1)} tok/s</span>
    </span>
  );
}

function ParametersCell({ row }: { readonly row: LeaderboardRow }) {
  return (
    <>
      <span data-figure="parameters" data-value={row.parameterCount}>
        {parameters(row.parameterCount)}
      </span>
      <span className="block text-xs text-quiet">{row.isDense ? MISSING : `${points(-row.removedRatio)} %`}</span>
    </>
  );
}

/** Columns before the tasks. */
export const COLUMNS: readonly Column[] = [
  {
    key: 'rank',
    title: 'Rank',
    hint: '1 + rows significantly better (paired, 95 % for the whole group by Holm); rows that cannot be told apart share a rank',
    isNumber: true,
    cell: (row) => (
      <span className="font-medium" data-figure="rank">
        {row.rank ?? MISSING}
      </span>
    ),
  },
  {
    key: 'method',
    title: 'Method and plan',
    hint: 'Opens the experiment. The strip has one cell a source layer, first to last.',
    isHeading: true,
    cell: (row) => <MethodCell row={row} />,
  },
  {
    key: 'layers',
    title: 'Layers',
    hint: 'Layers achieved, of the source’s',
    isNumber: true,
    cell: (row) => (
      <span data-figure="layers" data-value={row.outputDepth}>
        {row.outputDepth}
        <span className="text-quiet"> / {row.sourceDepth}</span>
      </span>
    ),
  },
  {
    key: 'parameters',
    title: 'Parameters',
    hint: 'Parameters achieved, tied weights counted once',
    sort: 'parameters',
    isNumber: true,
    cell: (row) => <ParametersCell row={row} />,
  },
  {
    key: 'mean',
    title: 'Mean, 95 %',
    hint: 'Unweighted mean of the headline metrics in percent, with its 95 % interval; the thin line is the dense model',
    sort: 'mean',
    isNumber: true,
    cell: (row, scale) => <MeanCell row={row} scale={scale} />,
  },
  {
    key: 'chance-corrected',
    title: 'Above chance',
    hint: 'Unweighted mean of (score − chance) / (1 − chance) in percent: guessing gives 0, perfect 100',
    isNumber: true,
    cell: (row) => <ChanceCorrectedCell row={row} />,
  },
  {
    key: 'delta',
    title: 'Δ to dense',
    hint: 'Mean minus the dense model’s, in points, ± its paired standard error',
    isNumber: true,
    cell: (row, scale) => <DeltaCell row={row} scale={scale} />,
  },
  {
    key: 'latency',
    title: 'Latency, ms',
    hint: 'Milliseconds a generation, mean ± standard deviation over the recorded runs, batch 1',
    sort: 'latency',
    isNumber: true,
    cell: (row) => <LatencyCell row={row} />,
  },
];

const describeScore = ({ metric, n, intervalLow, intervalHigh }: LeaderboardRow['scores'][number]): string =>
  `${metric}, ${n} questions, 95 % interval [${percent(intervalLow)}, ${percent(intervalHigh)}]`;

/** One column a task that any row has: its headline figure ± its standard error. */
export function taskColumns(rows: readonly LeaderboardRow[]): Column[] {
  const headline = rows[0]?.scores.filter(({ isHeadline }) => isHeadline) ?? [];
  return headline.map(({ task, title, metric, n, chance, majorityRate, isInformative }) => ({
    key: task,
    title,
    hint: `${metric}, ${n} questions, chance ${percent(chance)} %, commonest answer ${percent(majorityRate)} %; ± standard error`,
    mark: isInformative === false ? <NotInformative task={task} /> : null,
    isNumber: true,
    cell: (row) => {
      const score = row.scores.find((other) => other.task === task && other.isHeadline);
      return (
        <span title={score ? describeScore(score) : 'not measured'}>
          <span data-figure={task} data-value={score?.value}>
            {percent(score?.value)}
          </span>
          <span className="block text-xs text-quiet">± {percent(score?.stderr)}</span>
        </span>
      );
    },
  }));
}
