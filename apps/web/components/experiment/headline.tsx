import type { ReactNode } from 'react';
import type { Experiment } from '../../lib/api';
import { MISSING, milliseconds, parameters, percent, points } from '../../lib/format';

function Tile(props: { readonly name: string; readonly note: ReactNode; readonly children: ReactNode }) {
  const { name, note, children } = props;
  return (
    <div className="bg-surface px-4 py-3">
      <dt className="text-xs text-quiet">{name}</dt>
      <dd className="mt-0.5">
        <span className="text-xl font-semibold tracking-tight">{children}</span>
        <span className="ml-1.5 whitespace-nowrap text-xs text-quiet">{note}</span>
      </dd>
    </div>
  );
}

/** The figures of an experiment that has any; each appears when it is measured. */
export function Headline({ experiment }: { readonly experiment: Experiment }) {
  const { row, plan, checkpoint, latency } = experiment;
  if (!row && !checkpoint) return null;
  return (
    <dl className="tabular mb-5 grid grid-cols-1 gap-px overflow-hidden rounded-lg border border-line bg-line shadow-sm sm:grid-cols-2 lg:auto-cols-fr lg:grid-flow-col lg:grid-cols-none">
      {row ? (
        <Tile
          name={`Mean score, rank ${row.rank ?? MISSING}`}
          note={`[${percent(row.meanIntervalLow)}, ${percent(row.meanIntervalHigh)}]`}
        >
          <span data-figure="mean" data-value={row.mean}>
            {percent(row.mean)}
          </span>
        </Tile>
      ) : null}
      {row && typeof row.deltaToDense === 'number' ? (
        <Tile name="Against dense, points" note={`± ${percent(row.deltaToDenseStderr)}`}>
          <span data-figure="delta" data-value={row.deltaToDense}>
            {points(row.deltaToDense)}
          </span>
        </Tile>
      ) : null}
      {latency ? (
        <Tile name="Latency, ms" note={`± ${milliseconds(latency.latencyMsSd)}`}>
          <span data-figure="latency" data-value={latency.latencyMsMean}>
            {milliseconds(latency.latencyMsMean)}
          </span>
        </Tile>
      ) : null}
      {plan ? (
        <Tile name="Layers" note={`of ${plan.sourceDepth}`}>
          {plan.outputDepth}
        </Tile>
      ) : null}
      {checkpoint ? (
        <Tile
          name="Parameters"
          note={checkpoint.removedRatio > 0 ? `${points(-checkpoint.removedRatio)} %` : 'all kept'}
        >
          {parameters(checkpoint.parameterCount)}
        </Tile>
      ) : null}
    </dl>
  );
}
