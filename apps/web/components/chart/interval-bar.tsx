import { deltaFigure, intervalFigure } from '../../lib/figures';

interface Scale {
  readonly low: number;
  readonly high: number;
}

interface Props extends Scale {
  readonly mean: number;
  readonly scale: Scale;
  /** A value to compare with, drawn as a thin line: the dense model, or guessing. */
  readonly reference?: number | undefined;
}

/** An interval with its mean, on the scale of its table. The figures beside it say the same in text. */
export function IntervalBar({ scale, reference, ...row }: Props) {
  const { left, width, mean } = intervalFigure(row, scale);
  const at =
    reference === undefined ? null : intervalFigure({ low: reference, mean: reference, high: reference }, scale).mean;
  return (
    <svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" className="mt-1.5 block h-2.5 w-full">
      <rect x={0} y={4.5} width={100} height={1} fill="var(--line)" />
      {at === null ? null : <rect x={at - 0.4} y={0} width={0.8} height={10} fill="var(--quiet)" />}
      <rect x={left} y={3} width={width} height={4} fill="var(--accent)" opacity={0.4} />
      <rect x={mean - 1} y={0.5} width={2} height={9} fill="var(--accent)" />
    </svg>
  );
}

/** A difference with its standard error on a scale centred on no difference: left is worse, right is better. */
export function DeltaBar(props: { readonly value: number; readonly stderr: number | null; readonly limit: number }) {
  const { value, stderr, limit } = props;
  const { left, width, whisker } = deltaFigure(value, stderr, limit);
  return (
    <svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" className="mt-1.5 block h-2.5 w-full">
      <rect x={left} y={2} width={width} height={6} fill={value < 0 ? 'var(--bad)' : 'var(--good)'} opacity={0.55} />
      <rect x={49.6} y={0} width={0.8} height={10} fill="var(--quiet)" />
      {whisker ? (
        <rect x={whisker.left} y={4.5} width={whisker.right - whisker.left} height={1} fill="var(--text)" />
      ) : null}
    </svg>
  );
}
