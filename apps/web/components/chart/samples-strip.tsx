import { samplesFigure } from '../../lib/figures';
import { milliseconds } from '../../lib/format';

/** Every raw sample on one line between the fastest and the slowest, with their mean. */
export function SamplesStrip({ samplesMs }: { readonly samplesMs: readonly number[] }) {
  const { low, high, marks, mean } = samplesFigure(samplesMs);
  return (
    <figure className="tabular">
      <svg
        role="img"
        aria-label={`${samplesMs.length} samples from ${milliseconds(low)} to ${milliseconds(high)} milliseconds`}
        viewBox="0 0 100 12"
        preserveAspectRatio="none"
        className="block h-6 w-full"
      >
        <rect x={0} y={5.75} width={100} height={0.5} fill="var(--line-strong)" />
        <rect x={mean - 0.15} y={0} width={0.3} height={12} fill="var(--accent)" />
        {marks.map(({ run, ms, at }) => (
          <rect key={run} data-sample={run} x={at - 0.35} y={3} width={0.7} height={6} fill="var(--text)" opacity={0.7}>
            <title>{`Run ${run}: ${milliseconds(ms)} ms`}</title>
          </rect>
        ))}
      </svg>
      <figcaption className="flex justify-between text-xs text-quiet">
        <span>{milliseconds(low)} ms</span>
        <span>{samplesMs.length} runs, mean marked</span>
        <span>{milliseconds(high)} ms</span>
      </figcaption>
    </figure>
  );
}
