import type { EngineSession } from '../engine/engine.js';
import { CodedError } from '../errors.js';
import { formatPlan, type LayerPlan } from '../plan/index.js';
import type { Answer, Ask, Candidate, Method } from './method.js';

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
}

/** The part of an engine session a search uses; a search that asks nothing (dense) never opens one. */
export type Measurer = Pick<EngineSession, 'measure' | 'layerStatistics'>;

/** `SEARCH.NON_FINITE`: a NaN or infinity never decides over a plan. */
const nonFinite = (plan: LayerPlan): CodedError =>
  new CodedError({
    code: 'SEARCH.NON_FINITE',
    message: `The similarity of the plan ${formatPlan(plan)} is not a finite number.`,
    fix: 'Check the model’s weights for NaN or infinite values.',
  });

async function answerMeasurement(ask: Extract<Ask, { kind: 'measure' }>, open: () => Promise<Measurer>) {
  if (ask.known !== undefined) return { value: ask.known, layerForwards: 0, cached: true };
  const { mean, layerForwards } = await (await open()).measure(ask.plan, ask.quantity);
  if (!Number.isFinite(mean)) throw nonFinite(ask.plan);
  return { value: mean, layerForwards, cached: false };
}

/**
 * The one loop behind every method: ask, measure, tell, log. `onCandidate` receives the cursor *after* the candidate and is
 * awaited, so a resume repeats at most one measurement. `open` gives the engine session on first use.
 * Throws what the engine throws, the signal's reason when aborted, or `SEARCH.NON_FINITE`.
 */
export async function runSearch(input: {
  readonly method: Method<unknown>;
  readonly depth: number;
  readonly open: () => Promise<Measurer>;
  readonly cursor?: SearchCursor | undefined;
  readonly onCandidate?: (candidate: Candidate, cursor: SearchCursor) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}): Promise<SearchResult> {
  const { method, depth, open, onCandidate, signal } = input;
  let cursor: SearchCursor = input.cursor ?? { index: 0, evaluations: 0, layerForwards: 0, state: method.start(depth) };
  for (;;) {
    signal?.throwIfAborted();
    const { state, index, evaluations, layerForwards } = cursor;
    const ask = method.ask(state);
    if (ask.kind === 'done') return { plan: method.finish(state), cursor, threshold: method.threshold(state) };
    if (ask.kind === 'statistics') {
      const statistics = await (await open()).layerStatistics();
      const answer: Answer = { kind: 'statistics', statistics };
      cursor = {
        index,
        evaluations,
        layerForwards: layerForwards + statistics.layerForwards,
        state: method.next(state, answer),
      };
      continue;
    }
    const measured = await answerMeasurement(ask, open);
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
        similarity: measured.value,
        accepted: method.accepted(state, measured.value),
        layerForwards: measured.layerForwards,
        cached: measured.cached,
      },
      cursor,
    );
  }
}
