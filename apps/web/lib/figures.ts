/** Charts as data: pure functions from rows to numbers on a canvas. Components draw, and decide nothing. */

export interface TraceCandidate {
  readonly index: number;
  readonly first: number;
  readonly last: number;
  readonly plan: string;
  /** PERPLEXITY where the search removed layers by loss; a similarity otherwise. */
  readonly quantity: 'COSINE' | 'PERPLEXITY';
  readonly similarity: number;
  readonly accepted?: boolean | null;
  readonly layerForwards: number;
  readonly cached: boolean;
}

/** Verdict of the search on a candidate; `measured` where the method knows no threshold. */
export type Verdict = 'accepted' | 'refused' | 'measured';

export interface TracePoint {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly verdict: Verdict;
  /** Known before, not measured again. */
  readonly isCached: boolean;
  /** The window tried, as a vertical span of the lower panel. */
  readonly window: { readonly top: number; readonly bottom: number };
  readonly title: string;
}

export interface TraceFigure {
  readonly width: number;
  readonly height: number;
  readonly plot: Panel;
  /** Lower panel: which layers each candidate's window spans, the first layer at the bottom. */
  readonly windows: Panel;
  readonly points: readonly TracePoint[];
  /** Polyline through all candidates in order. */
  readonly path: string;
  readonly thresholdY: number | null;
  readonly yTicks: readonly Tick[];
  readonly layerTicks: readonly Tick[];
  readonly xTicks: readonly { readonly x: number; readonly label: string }[];
  /** What the values are, for the axis. */
  readonly quantity: string;
  /** What the picture says, in words. */
  readonly summary: string;
}

interface Tick {
  readonly y: number;
  readonly label: string;
}

interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const WIDTH = 760;
const HEIGHT = 344;
const PLOT: Panel = { left: 58, right: WIDTH - 12, top: 12, bottom: 216 };
const WINDOWS: Panel = { left: 58, right: WIDTH - 12, top: 234, bottom: 308 };

/** Round steps that split [low, high] into about `count` parts. */
export function ticks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const values: number[] = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step)
    values.push(Number(value.toFixed(10)));
  return values;
}

/** A linear scale from values to places; a range without extent maps to its middle. */
const linear = (low: number, high: number, from: number, to: number) => (value: number) =>
  high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);

export const verdictOf = ({ accepted }: Pick<TraceCandidate, 'accepted'>): Verdict =>
  accepted === true ? 'accepted' : accepted === false ? 'refused' : 'measured';

export const windowText = ({ first, last }: Pick<TraceCandidate, 'first' | 'last'>): string =>
  first === last ? `layer ${first}` : `layers ${first}–${last}`;

/** What a search measured, in words. */
export const quantityText = (quantity: TraceCandidate['quantity']): string =>
  quantity === 'PERPLEXITY' ? 'perplexity' : 'similarity';

const titleOf = (candidate: TraceCandidate): string => {
  const { index, quantity, similarity, layerForwards, cached } = candidate;
  const cost = cached ? 'known already' : `${layerForwards} layer forwards`;
  return `Candidate ${index + 1}: ${windowText(candidate)}, ${quantityText(quantity)} ${similarity.toFixed(4)}, ${verdictOf(candidate)}, ${cost}`;
};

function summaryOf(candidates: readonly TraceCandidate[], threshold: number | null): string {
  const count = (verdict: Verdict) => candidates.filter((candidate) => verdictOf(candidate) === verdict).length;
  const parts = (['accepted', 'refused', 'measured'] as const)
    .map((verdict) => [count(verdict), verdict] as const)
    .filter(([number]) => number > 0)
    .map(([number, verdict]) => `${number} ${verdict}`);
  const known = candidates.filter(({ cached }) => cached).length;
  const cached = known > 0 ? [`${known} of them known already`] : [];
  const line = threshold === null ? '' : `; threshold ${threshold.toFixed(3)}`;
  return `${candidates.length} ${candidates.length === 1 ? 'candidate' : 'candidates'}: ${[...parts, ...cached].join(', ')}${line}.`;
}

/** The range a search's values need: cosines within [-1, 1], perplexities by their logarithm, for one bad layer can be a thousand times worse. */
function valueScale(values: readonly number[], quantity: TraceCandidate['quantity']) {
  if (quantity === 'PERPLEXITY') {
    const logs = values.map(Math.log);
    const air = 0.03 * (Math.max(...logs) - Math.min(...logs)) || 0.1;
    const [low, high] = [Math.min(...logs) - air, Math.max(...logs) + air];
    return { low, high, place: Math.log, label: (value: number) => String(Number(Math.exp(value).toPrecision(3))) };
  }
  const low = Math.max(-1, Math.min(...values, 1) - 0.03);
  const high = Math.min(1, Math.max(...values, low + 0.1) + 0.03);
  return { low, high, place: (value: number) => value, label: (value: number) => value.toFixed(2) };
}

/** The search as a chart: what was measured over candidates with the threshold across it, and below it the windows tried. */
export function traceFigure(
  candidates: readonly TraceCandidate[],
  threshold: number | null,
  sourceDepth: number,
): TraceFigure {
  const values = [...candidates.map(({ similarity }) => similarity), ...(threshold === null ? [] : [threshold])];
  const quantity = candidates[0]?.quantity ?? 'COSINE';
  const { low, high, place, label } = valueScale(values, quantity);
  const scaled = linear(low, high, PLOT.bottom, PLOT.top);
  const y = (value: number) => scaled(place(value));
  const layer = linear(0, Math.max(1, sourceDepth), WINDOWS.bottom, WINDOWS.top);
  const steps = Math.max(1, candidates.length - 1);
  const x = linear(0, steps, PLOT.left + 10, PLOT.right - 10);
  const points = candidates.map((candidate, position) => ({
    index: candidate.index,
    x: x(position),
    y: y(candidate.similarity),
    verdict: verdictOf(candidate),
    isCached: candidate.cached,
    window: { top: layer(candidate.last + 1), bottom: layer(candidate.first) },
    title: titleOf(candidate),
  }));
  return {
    width: WIDTH,
    height: HEIGHT,
    plot: PLOT,
    windows: WINDOWS,
    points,
    path: points
      .map((point, index) => `${index === 0 ? 'M' : 'L'}${point.x.toFixed(1)} ${point.y.toFixed(1)}`)
      .join(''),
    thresholdY: threshold === null ? null : y(threshold),
    quantity: quantityText(quantity),
    yTicks: ticks(low, high, 5).map((value) => ({ y: scaled(value), label: label(value) })),
    layerTicks: [0, sourceDepth - 1].map((value) => ({ y: layer(value + 0.5), label: String(value) })),
    xTicks: candidateTicks(candidates.length).map((number) => ({ x: x(number - 1), label: String(number) })),
    summary: summaryOf(candidates, threshold),
  };
}

/** The first candidate, and round numbers after it. */
const candidateTicks = (count: number): number[] => [
  ...(count > 0 ? [1] : []),
  ...ticks(1, count, 6).filter((number) => Number.isInteger(number) && number > 1),
];

/** Where an interval lies on a scale shared by all rows: percentages of the cell's width. */
export function intervalFigure(
  row: { readonly low: number; readonly mean: number; readonly high: number },
  scale: { readonly low: number; readonly high: number },
) {
  const at = (value: number) => (100 * (value - scale.low)) / (scale.high - scale.low || 1);
  return { left: at(row.low), width: at(row.high) - at(row.low), mean: at(row.mean) };
}

/** Where a difference and its standard error lie on a scale centred on no difference: percentages of the cell's width. */
export function deltaFigure(value: number, stderr: number | null, limit: number) {
  const at = (difference: number) => 50 + (50 * difference) / (limit || 1);
  const error = stderr ?? 0;
  return {
    left: Math.min(50, at(value)),
    width: Math.abs(at(value) - 50),
    whisker: stderr === null ? null : { left: at(value - error), right: at(value + error) },
  };
}

/** Half the width of a scale that holds every row's difference with its error. */
export const deltaLimit = (
  rows: readonly { readonly deltaToDense?: number | null; readonly deltaToDenseStderr?: number | null }[],
): number => Math.max(0.01, ...rows.map((row) => Math.abs(row.deltaToDense ?? 0) + (row.deltaToDenseStderr ?? 0)));

/** A scale that holds every row's interval, with a little air. */
export function intervalScale(rows: readonly { readonly low: number; readonly high: number }[]): {
  readonly low: number;
  readonly high: number;
} {
  const low = Math.min(...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high));
  return { low: Math.max(0, low - 0.02), high: Math.min(1, high + 0.02) };
}

export interface StripCell {
  readonly layer: number;
  readonly state: 'kept' | 'merged' | 'absorbed' | 'dropped';
}

/** Raw samples on one line: each sample's place and their mean's, percentages of the width. */
export function samplesFigure(samples: readonly number[]) {
  const low = Math.min(...samples);
  const high = Math.max(...samples);
  const at = linear(low, high, 4, 96);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  return { low, high, marks: samples.map((ms, index) => ({ run: index + 1, ms, at: at(ms) })), mean: at(mean) };
}

/** One cell a source layer: what became of it. The top layer of a window is the one that carries its projections. */
export function stripCells(
  recipes: readonly { readonly kind: 'KEEP' | 'MERGE' | 'DROP'; readonly first: number; readonly last: number }[],
): StripCell[] {
  return recipes.flatMap(({ kind, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, offset): StripCell => {
      const layer = first + offset;
      if (kind === 'KEEP') return { layer, state: 'kept' };
      if (kind === 'DROP') return { layer, state: 'dropped' };
      return { layer, state: layer === last ? 'merged' : 'absorbed' };
    }),
  );
}
