import type { ExperimentEvent } from '../../services/event-feed.js';
import { type ExperimentService, requestOf } from '../../services/experiment-service.js';
import type {
  ExperimentEventType,
  ExperimentType,
  Failure,
  StageType,
  StoredExperiment,
  Target,
} from './experiment.type.js';
import { stageNameOf } from './launch-view.js';

type StoredStage = Awaited<ReturnType<ExperimentService['stagesOf']>>[number];

function failureOf(row: {
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly errorFix: string | null;
}): Failure | null {
  if (row.errorCode === null) return null;
  return { code: row.errorCode, message: row.errorMessage ?? '', fix: row.errorFix };
}

function targetOf(experiment: StoredExperiment): Target | null {
  const { method } = requestOf(experiment);
  const threshold = ('threshold' in method ? method.threshold : null) ?? null;
  const layers = method.targetLayers ?? null;
  return layers === null && threshold === null ? null : { layers, threshold };
}

/** An experiment as the API shows it; the rest is resolved field by field. */
export function experimentView(stored: StoredExperiment): ExperimentType {
  const { id, state, createdAt, startedAt, finishedAt, layerForwards } = stored;
  return {
    ...{ stored, id, state, createdAt, startedAt, finishedAt, layerForwards },
    target: targetOf(stored),
    requestJson: JSON.stringify(stored.request),
    latencyProtocol: requestOf(stored).latency,
    error: failureOf(stored),
    viewerCanCancel: (state === 'QUEUED' || state === 'RUNNING') && stored.cancelRequestedAt === null,
  };
}

/** A stage as the API shows it. */
export function stageView(stage: StoredStage, progress: StageType['progress']): StageType {
  const { state, runs, startedAt, finishedAt, durationMs } = stage;
  return {
    ...{ state, runs, startedAt, finishedAt, durationMs, progress },
    name: stageNameOf(stage.name),
    error: failureOf(stage),
  };
}

/** An event as the API shows it, on a page of events and in a subscription alike. */
export function eventView({ seq, at, kind, stage, data }: ExperimentEvent): ExperimentEventType {
  return { seq, at, kind, stage: stage === null ? null : stageNameOf(stage), data: JSON.stringify(data) };
}
