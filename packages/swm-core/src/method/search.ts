import type { EngineSession } from '../engine/engine.js';
import { CodedError } from '../errors.js';
import { formatPlan, type LayerPlan } from '../plan/index.js';
import type { Answer, Ask, Candidate, Method, ThresholdInterval } from './method.js';

/** Where a search stands: everything needed to go on after a crash. JSON. */
export interface SearchCursor {
  /** Candidates logged so far. */
  readonly index: number;
  /** Candidates measured so far (not answered from memory). */
  readonly evaluations: number;
  readonly layerForwards: number;
  readonly state: unknown;
}

export interface SearchResult {
  readonly plan: LayerPlan;
  readonly cursor: SearchCursor;
  readonly threshold: number | null;
  /** Thresholds that find this plan by these candidates; null for methods without one. */
  readonly thresholdInterval: ThresholdInterval | null;
}

/** The part of an engine session a search uses; a search that asks nothing (dense) never opens one. */
export type Measurer = Pick<EngineSession, 'measure' | 'layerStatistics' | 'blockGradients'>;

/** `SEARCH.NON_FINITE`: a NaN or infinity never decides over a plan. */
const nonFinite = (what: string): CodedError =>
  new CodedError({
    code: 'SEARCH.NON_FINITE',
    message: `The ${what} is not a finite number.`,
    fix: 'Check the model’s weights for NaN or infinite values.',
  });

type Measure = Extract<Ask, { kind: 'measure' }>;

async function answerMeasurement(ask: Measure, open: () => Promise<Measurer>) {
  if (ask.known !== undefined) return { value: ask.known, layerForwards: 0, cached: true };
  const { mean, layerForwards, isRemembered = false } = await (await open()).measure(ask.plan, ask.quantity);
  return { value: mean, layerForwards, cached: isRemembered };
}

/** The number people are shown: a cosine as it is, a mean loss as the perplexity it makes. */
function shown({ plan, quantity }: Measure, value: number): Pick<Candidate, 'quantity' | 'similarity'> {
  const found =
    quantity === 'nll'
      ? ({ quantity: 'perplexity', similarity: Math.exp(value) } as const)
      : ({ quantity, similarity: value } as const);
  if (!Number.isFinite(found.similarity))
    throw nonFinite(`${quantity === 'nll' ? 'perplexity' : 'similarity'} of the plan ${formatPlan(plan)}`);
  return found;
}

/** Answers of what needs no candidate: one pass over the dense model, or over its weights. */
async function answerWhole(
  ask: Exclude<Ask, Measure | { kind: 'done' }>,
  { open, magnitudes }: Pick<SearchInput, 'open' | 'magnitudes'>,
): Promise<{ readonly answer: Answer; readonly layerForwards: number }> {
  if (ask.kind === 'statistics') {
    const statistics = await (await open()).layerStatistics();
    return { answer: { kind: 'statistics', statistics }, layerForwards: statistics.layerForwards };
  }
  if (ask.kind === 'gradients') {
    const { scores, layerForwards } = await (await open()).blockGradients();
    const bad = scores.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw nonFinite(`Taylor score of layer ${bad}`);
    return { answer: { kind: 'gradients', scores }, layerForwards };
  }
  if (!magnitudes) throw new TypeError('runSearch: the method asks for magnitudes, but none can be read');
  const found = await magnitudes();
  const bad = found.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw nonFinite(`sum of absolute weights of layer ${bad}`);
  return { answer: { kind: 'magnitudes', scores: found }, layerForwards: 0 };
}

export interface SearchInput {
  readonly method: Method<unknown>;
  readonly depth: number;
  /** Gives the engine session, on first use. */
  readonly open: () => Promise<Measurer>;
  /** Sum of absolute weights of each source layer, read where a method asks for it; only Magnitude does. [L] */
  readonly magnitudes?: (() => Promise<readonly number[]>) | undefined;
  readonly cursor?: SearchCursor | undefined;
  readonly onCandidate?: (candidate: Candidate, cursor: SearchCursor) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The one loop behind every method: ask, measure, tell, log. `onCandidate` receives the cursor *after* the candidate and is
 * awaited, so a resume repeats at most one measurement.
 * Throws what the engine throws, the signal's reason when aborted, or `SEARCH.NON_FINITE`.
 */
export async function runSearch(input: SearchInput): Promise<SearchResult> {
  const { method, depth, open, onCandidate, signal } = input;
  let cursor: SearchCursor = input.cursor ?? { index: 0, evaluations: 0, layerForwards: 0, state: method.start(depth) };
  for (;;) {
    signal?.throwIfAborted();
    const { state, index, evaluations, layerForwards } = cursor;
    const ask = method.ask(state);
    if (ask.kind === 'done') {
      const thresholdInterval = method.thresholdInterval?.(state) ?? null;
      return { plan: method.finish(state), cursor, threshold: method.threshold(state), thresholdInterval };
    }
    if (ask.kind !== 'measure') {
      const { answer, layerForwards: cost } = await answerWhole(ask, input);
      cursor = { index, evaluations, layerForwards: layerForwards + cost, state: method.next(state, answer) };
      continue;
    }
    const measured = await answerMeasurement(ask, open);
    const figure = shown(ask, measured.value);
    cursor = {
      index: index + 1,
      evaluations: evaluations + (measured.cached ? 0 : 1),
      layerForwards: layerForwards + measured.layerForwards,
      state: method.next(state, { kind: 'value', value: measured.value }),
    };
    await onCandidate?.(
      {
        index,
        ...ask.window,
        plan: formatPlan(ask.plan),
        ...figure,
        accepted: method.accepted(state, measured.value),
        layerForwards: measured.layerForwards,
        cached: measured.cached,
      },
      cursor,
    );
  }
}
