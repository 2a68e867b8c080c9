/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Where the text of the measurements comes from. */
export type CalibrationSource =
  /** BookCorpus. Not there yet. */
  | 'BOOKCORPUS'
  /** Documents that come with the platform. */
  | 'BUILTIN'
  /** C4. Not there yet. */
  | 'C4'
  /** A JSON Lines file on the server’s machine, one object with "text" a line. */
  | 'FILE'
  /** WikiText-2. Not there yet. */
  | 'WIKITEXT2';

/** Which experiment to cancel. */
export type CancelExperimentInput = {
  /** The experiment. */
  id: string;
};

/** What was measured of a candidate. */
export type CandidateQuantity =
  /** Similarity of its last hidden state to the dense model’s. */
  | 'COSINE'
  /** exp of its mean next-token loss on the calibration samples. */
  | 'PERPLEXITY';

/** Where an experiment stands; the last three are final. */
export type ExperimentState =
  /** It was cancelled. */
  | 'CANCELLED'
  /** A stage failed; see error. */
  | 'FAILED'
  /** Waits for a worker. */
  | 'QUEUED'
  /** A worker runs its stages. */
  | 'RUNNING'
  /** All its stages are done. */
  | 'SUCCEEDED';

/** How latency is measured. */
export type LatencyProtocol =
  /** Not at all. */
  | 'NONE'
  /** The published measurement. */
  | 'PAPER'
  /** Two warm-up runs, five recorded ones. */
  | 'QUICK'
  /** With a static cache. Not there yet. */
  | 'STATIC';

/** What becomes of a run of source layers. */
export type LayerRecipeKind =
  /** Left out. */
  | 'DROP'
  /** Kept as they are. */
  | 'KEEP'
  /** Merged into one layer. */
  | 'MERGE';

/** The order of the rows; ties in order of launch. */
export type LeaderboardOrder =
  /** Fastest first, rows without a latency last. */
  | 'LATENCY_ASC'
  /** Best mean first. */
  | 'MEAN_DESC'
  /** Smallest first. */
  | 'PARAMETERS_ASC'
  /** Newest first. */
  | 'PUBLISHED_DESC';

/** The methods there are. */
export type MethodName =
  /** The model as it is; what every other row is compared with. */
  | 'DENSE'
  /** Collapses a fixed number of layers into one, from the top down, wherever the result stays similar enough. */
  | 'LACO'
  /** Drops the n layers before the final one, without looking: the deterministic control. */
  | 'LAST_N'
  /** A plan of your own: which layers are kept, merged and dropped. */
  | 'MANUAL'
  /** Drops layers by lot, sparing the first four and last two where it can: what chance alone is worth. */
  | 'RANDOM'
  /** Drops the layers with the smallest weights; looks at no data. */
  | 'SHORTENED_MAGNITUDE'
  /** Drops the layers whose removal, one at a time, raises perplexity least. */
  | 'SHORTENED_PPL'
  /** Drops the layers whose weights the loss would miss least, to first order; one backward pass. */
  | 'SHORTENED_TAYLOR'
  /** Drops the layers that change their input least (block influence), measured once on the dense model. */
  | 'SHORT_GPT'
  /** Removes layers one by one, each time the one the current model misses least by next-token loss. */
  | 'SLEB'
  /** Merges windows of layers from the top down while the last hidden state stays closer than a threshold to the dense model’s. */
  | 'SWM'
  /** Drops the contiguous block whose input and output lie closest by angle at the last token. */
  | 'UIDL';

/** Where the questions come from. */
export type ProtocolData =
  /** The suite that comes with the platform. */
  | 'BUILTIN'
  /** JSON Lines files in SWM_TASK_DATA. */
  | 'LOCAL'
  /** The data sets’ own home. Not there yet. */
  | 'OFFICIAL';

/** The named evaluation protocols. */
export type ProtocolName =
  /** The small built-in suite: a demonstration that no paper reports. */
  | 'MINI'
  /** The same tasks with today’s defaults. */
  | 'MODERN'
  /** The published setup: seven tasks, zero-shot, no BOS. */
  | 'PAPER';

/** The steps of an experiment, in order. */
export type StageName =
  /** Compares the layers of the model; only of an analysis, which ends there. */
  | 'ANALYSE_LAYERS'
  /** Measures generation time. */
  | 'BENCHMARK_LATENCY'
  /** Makes the token-id matrix. */
  | 'CALIBRATE'
  /** Scores it with lm-evaluation-harness. */
  | 'EVALUATE'
  /** Writes the pruned model. */
  | 'EXPORT_CHECKPOINT'
  /** Puts the row on the board. */
  | 'PUBLISH'
  /** Opens the model, converting a built-in one. */
  | 'RESOLVE_MODEL'
  /** Finds the plan. */
  | 'SEARCH_PLAN';

/** Where a stage stands. */
export type StageState =
  /** Cancelled with its experiment. */
  | 'CANCELLED'
  /** Closed: it never runs again. */
  | 'DONE'
  /** Failed; see error. */
  | 'FAILED'
  /** Not begun, or to be taken up again. */
  | 'PENDING'
  /** Runs. */
  | 'RUNNING'
  /** Not asked for. */
  | 'SKIPPED';

/** Which reading of Sliding-Window Merging. */
export type SwmProfile =
  /** As the published script computes it; a window still open at the bottom is lost. */
  | 'RELEASED'
  /** The window still open at the bottom is committed. */
  | 'REPAIRED';

export type LeaderboardGroupsQueryVariables = Exact<{ [key: string]: never; }>;


export type LeaderboardGroupsQuery = { leaderboardGroups: Array<{ rowCount: number, model: { id: string, name: string, source: string, provenance: string, revision: string | null, depth: number, parameterCount: string }, protocol: { id: string, name: ProtocolName, data: ProtocolData, limit: number | null, label: string, isDemonstration: boolean, json: string } }> };

export type LeaderboardQueryVariables = Exact<{
  modelId: string;
  protocolId: string;
  orderBy: LeaderboardOrder;
  first: number;
  after?: string | null | undefined;
}>;


export type LeaderboardQuery = { leaderboard: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ rank: number | null, experimentId: string, weightsDigest: string, outputDepth: number, sourceDepth: number, parameterCount: string, removedRatio: number, sizeBytes: string, mean: number, meanStderr: number, meanIntervalLow: number, meanIntervalHigh: number, chanceCorrectedMean: number | null, informativeMean: number | null, deltaToDense: number | null, deltaToDenseStderr: number | null, isDense: boolean, publishedAt: string, method: { name: MethodName, title: string, profile: SwmProfile | null, threshold: number | null, options: Array<{ name: string, value: string, isDefault: boolean }> }, plan: { id: string, text: string, rule: string, recipes: Array<{ kind: LayerRecipeKind, first: number, last: number }> }, scores: Array<{ task: string, title: string, metric: string, isHeadline: boolean, value: number, stderr: number | null, intervalLow: number, intervalHigh: number, n: number, chance: number, majorityRate: number | null, isInformative: boolean | null }>, latency: { protocol: LatencyProtocol, latencyMsMean: number, latencyMsSd: number, latencyMsP50: number, latencyMsP95: number, tokensPerSecond: number, promptTokens: number, newTokens: number, machine: string } | null, engine: { name: string, backend: string, package: string, device: string, fallbackReason: string | null } | null }> } };

export type ExperimentPageQueryVariables = Exact<{
  id: string;
}>;


export type ExperimentPageQuery = { experiment: { id: string, state: ExperimentState, requestJson: string, latencyProtocol: LatencyProtocol, viewerCanCancel: boolean, createdAt: string, startedAt: string | null, finishedAt: string | null, layerForwards: number | null, questionOutcomeCount: number, model: { id: string, name: string, source: string, provenance: string, revision: string | null, depth: number, parameterCount: string }, method: { name: MethodName, title: string, profile: SwmProfile | null, threshold: number | null, options: Array<{ name: string, value: string, isDefault: boolean }> }, target: { layers: number | null, threshold: number | null } | null, protocol: { id: string, name: ProtocolName, label: string, limit: number | null, isDemonstration: boolean } | null, error: { code: string, message: string, fix: string | null } | null, stages: Array<{ name: StageName, state: StageState, runs: number, durationMs: number | null, progress: { done: number, total: number | null, unit: string, secondsLeft: number | null, note: string | null } | null, error: { code: string, message: string, fix: string | null } | null }>, plan: { id: string, text: string, rule: string, sourceDepth: number, outputDepth: number, recipes: Array<{ kind: LayerRecipeKind, first: number, last: number }> } | null, calibration: { sha256: string, source: CalibrationSource, samples: number, tokens: number, seed: number, addBos: boolean } | null, checkpoint: { path: string, weightsDigest: string, sizeBytes: string, parameterCount: string, removedRatio: number } | null, searchTrace: { threshold: number | null, candidates: Array<{ index: number, first: number, last: number, plan: string, quantity: CandidateQuantity, similarity: number, accepted: boolean | null, layerForwards: number, cached: boolean }> } | null, scores: Array<{ task: string, title: string, metric: string, isHeadline: boolean, value: number, stderr: number | null, intervalLow: number, intervalHigh: number, n: number, chance: number, majorityRate: number | null, isInformative: boolean | null, harnessVersion: string, taskVersion: string, taskHash: string }>, latency: { protocol: LatencyProtocol, samplesMs: Array<number>, latencyMsMean: number, latencyMsSd: number, latencyMsP50: number, latencyMsP95: number, tokensPerSecond: number, promptTokens: number, newTokens: number, machine: string } | null, engine: { name: string, backend: string, package: string, device: string, dtype: string, deviceName: string | null, tf32: boolean | null, batchSamples: number | null, fallbackReason: string | null } | null, row: { rank: number | null, mean: number, meanStderr: number, meanIntervalLow: number, meanIntervalHigh: number, deltaToDense: number | null, deltaToDenseStderr: number | null, isDense: boolean } | null } | null };

export type ExperimentEventsQueryVariables = Exact<{
  id: string;
  after: number;
  first: number;
}>;


export type ExperimentEventsQuery = { experiment: { id: string, events: { lastSeq: number, hasNextPage: boolean, nodes: Array<{ seq: number, at: string, kind: string, stage: StageName | null, data: string }> } } | null };

export type ExperimentsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type ExperimentsQuery = { experiments: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, state: ExperimentState, createdAt: string, finishedAt: string | null, model: { name: string, depth: number }, method: { title: string, profile: SwmProfile | null, threshold: number | null, options: Array<{ name: string, value: string, isDefault: boolean }> }, target: { layers: number | null } | null, plan: { text: string, outputDepth: number, sourceDepth: number } | null, error: { code: string } | null }> } };

export type CancelExperimentMutationVariables = Exact<{
  input: CancelExperimentInput;
}>;


export type CancelExperimentMutation = { cancelExperiment: { experiment: { id: string, state: ExperimentState } | null, userErrors: Array<{ code: string, message: string, hint: string | null }> } };


export const LeaderboardGroupsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"LeaderboardGroups"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"leaderboardGroups"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rowCount"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"provenance"}},{"kind":"Field","name":{"kind":"Name","value":"revision"}},{"kind":"Field","name":{"kind":"Name","value":"depth"}},{"kind":"Field","name":{"kind":"Name","value":"parameterCount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"protocol"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"isDemonstration"}},{"kind":"Field","name":{"kind":"Name","value":"json"}}]}}]}}]}}]} as unknown as DocumentNode<LeaderboardGroupsQuery, LeaderboardGroupsQueryVariables>;
export const LeaderboardDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Leaderboard"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"modelId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"protocolId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LeaderboardOrder"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"leaderboard"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"modelId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"modelId"}}},{"kind":"Argument","name":{"kind":"Name","value":"protocolId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"protocolId"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rank"}},{"kind":"Field","name":{"kind":"Name","value":"experimentId"}},{"kind":"Field","name":{"kind":"Name","value":"weightsDigest"}},{"kind":"Field","name":{"kind":"Name","value":"outputDepth"}},{"kind":"Field","name":{"kind":"Name","value":"sourceDepth"}},{"kind":"Field","name":{"kind":"Name","value":"parameterCount"}},{"kind":"Field","name":{"kind":"Name","value":"removedRatio"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"mean"}},{"kind":"Field","name":{"kind":"Name","value":"meanStderr"}},{"kind":"Field","name":{"kind":"Name","value":"meanIntervalLow"}},{"kind":"Field","name":{"kind":"Name","value":"meanIntervalHigh"}},{"kind":"Field","name":{"kind":"Name","value":"chanceCorrectedMean"}},{"kind":"Field","name":{"kind":"Name","value":"informativeMean"}},{"kind":"Field","name":{"kind":"Name","value":"deltaToDense"}},{"kind":"Field","name":{"kind":"Name","value":"deltaToDenseStderr"}},{"kind":"Field","name":{"kind":"Name","value":"isDense"}},{"kind":"Field","name":{"kind":"Name","value":"publishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"method"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"profile"}},{"kind":"Field","name":{"kind":"Name","value":"threshold"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"isDefault"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"plan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"recipes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"first"}},{"kind":"Field","name":{"kind":"Name","value":"last"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"scores"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"task"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"metric"}},{"kind":"Field","name":{"kind":"Name","value":"isHeadline"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"stderr"}},{"kind":"Field","name":{"kind":"Name","value":"intervalLow"}},{"kind":"Field","name":{"kind":"Name","value":"intervalHigh"}},{"kind":"Field","name":{"kind":"Name","value":"n"}},{"kind":"Field","name":{"kind":"Name","value":"chance"}},{"kind":"Field","name":{"kind":"Name","value":"majorityRate"}},{"kind":"Field","name":{"kind":"Name","value":"isInformative"}}]}},{"kind":"Field","name":{"kind":"Name","value":"latency"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"protocol"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsMean"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsSd"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsP50"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsP95"}},{"kind":"Field","name":{"kind":"Name","value":"tokensPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"promptTokens"}},{"kind":"Field","name":{"kind":"Name","value":"newTokens"}},{"kind":"Field","name":{"kind":"Name","value":"machine"}}]}},{"kind":"Field","name":{"kind":"Name","value":"engine"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"backend"}},{"kind":"Field","name":{"kind":"Name","value":"package"}},{"kind":"Field","name":{"kind":"Name","value":"device"}},{"kind":"Field","name":{"kind":"Name","value":"fallbackReason"}}]}}]}}]}}]}}]} as unknown as DocumentNode<LeaderboardQuery, LeaderboardQueryVariables>;
export const ExperimentPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ExperimentPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"experiment"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"requestJson"}},{"kind":"Field","name":{"kind":"Name","value":"latencyProtocol"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCanCancel"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"layerForwards"}},{"kind":"Field","name":{"kind":"Name","value":"questionOutcomeCount"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"provenance"}},{"kind":"Field","name":{"kind":"Name","value":"revision"}},{"kind":"Field","name":{"kind":"Name","value":"depth"}},{"kind":"Field","name":{"kind":"Name","value":"parameterCount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"method"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"profile"}},{"kind":"Field","name":{"kind":"Name","value":"threshold"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"isDefault"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"target"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"layers"}},{"kind":"Field","name":{"kind":"Name","value":"threshold"}}]}},{"kind":"Field","name":{"kind":"Name","value":"protocol"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"isDemonstration"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fix"}}]}},{"kind":"Field","name":{"kind":"Name","value":"stages"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"progress"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"done"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"unit"}},{"kind":"Field","name":{"kind":"Name","value":"secondsLeft"}},{"kind":"Field","name":{"kind":"Name","value":"note"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fix"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"plan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"sourceDepth"}},{"kind":"Field","name":{"kind":"Name","value":"outputDepth"}},{"kind":"Field","name":{"kind":"Name","value":"recipes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"first"}},{"kind":"Field","name":{"kind":"Name","value":"last"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"calibration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"samples"}},{"kind":"Field","name":{"kind":"Name","value":"tokens"}},{"kind":"Field","name":{"kind":"Name","value":"seed"}},{"kind":"Field","name":{"kind":"Name","value":"addBos"}}]}},{"kind":"Field","name":{"kind":"Name","value":"checkpoint"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"weightsDigest"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"parameterCount"}},{"kind":"Field","name":{"kind":"Name","value":"removedRatio"}}]}},{"kind":"Field","name":{"kind":"Name","value":"searchTrace"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"threshold"}},{"kind":"Field","name":{"kind":"Name","value":"candidates"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"first"}},{"kind":"Field","name":{"kind":"Name","value":"last"}},{"kind":"Field","name":{"kind":"Name","value":"plan"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"similarity"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"layerForwards"}},{"kind":"Field","name":{"kind":"Name","value":"cached"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"scores"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"task"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"metric"}},{"kind":"Field","name":{"kind":"Name","value":"isHeadline"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"stderr"}},{"kind":"Field","name":{"kind":"Name","value":"intervalLow"}},{"kind":"Field","name":{"kind":"Name","value":"intervalHigh"}},{"kind":"Field","name":{"kind":"Name","value":"n"}},{"kind":"Field","name":{"kind":"Name","value":"chance"}},{"kind":"Field","name":{"kind":"Name","value":"majorityRate"}},{"kind":"Field","name":{"kind":"Name","value":"isInformative"}},{"kind":"Field","name":{"kind":"Name","value":"harnessVersion"}},{"kind":"Field","name":{"kind":"Name","value":"taskVersion"}},{"kind":"Field","name":{"kind":"Name","value":"taskHash"}}]}},{"kind":"Field","name":{"kind":"Name","value":"latency"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"protocol"}},{"kind":"Field","name":{"kind":"Name","value":"samplesMs"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsMean"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsSd"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsP50"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMsP95"}},{"kind":"Field","name":{"kind":"Name","value":"tokensPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"promptTokens"}},{"kind":"Field","name":{"kind":"Name","value":"newTokens"}},{"kind":"Field","name":{"kind":"Name","value":"machine"}}]}},{"kind":"Field","name":{"kind":"Name","value":"engine"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"backend"}},{"kind":"Field","name":{"kind":"Name","value":"package"}},{"kind":"Field","name":{"kind":"Name","value":"device"}},{"kind":"Field","name":{"kind":"Name","value":"dtype"}},{"kind":"Field","name":{"kind":"Name","value":"deviceName"}},{"kind":"Field","name":{"kind":"Name","value":"tf32"}},{"kind":"Field","name":{"kind":"Name","value":"batchSamples"}},{"kind":"Field","name":{"kind":"Name","value":"fallbackReason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"row"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rank"}},{"kind":"Field","name":{"kind":"Name","value":"mean"}},{"kind":"Field","name":{"kind":"Name","value":"meanStderr"}},{"kind":"Field","name":{"kind":"Name","value":"meanIntervalLow"}},{"kind":"Field","name":{"kind":"Name","value":"meanIntervalHigh"}},{"kind":"Field","name":{"kind":"Name","value":"deltaToDense"}},{"kind":"Field","name":{"kind":"Name","value":"deltaToDenseStderr"}},{"kind":"Field","name":{"kind":"Name","value":"isDense"}}]}}]}}]}}]} as unknown as DocumentNode<ExperimentPageQuery, ExperimentPageQueryVariables>;
export const ExperimentEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ExperimentEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"experiment"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"lastSeq"}},{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"data"}}]}}]}}]}}]}}]} as unknown as DocumentNode<ExperimentEventsQuery, ExperimentEventsQueryVariables>;
export const ExperimentsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Experiments"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"experiments"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"depth"}}]}},{"kind":"Field","name":{"kind":"Name","value":"method"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"profile"}},{"kind":"Field","name":{"kind":"Name","value":"threshold"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"isDefault"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"target"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"layers"}}]}},{"kind":"Field","name":{"kind":"Name","value":"plan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"outputDepth"}},{"kind":"Field","name":{"kind":"Name","value":"sourceDepth"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]}}]} as unknown as DocumentNode<ExperimentsQuery, ExperimentsQueryVariables>;
export const CancelExperimentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelExperiment"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelExperimentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelExperiment"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"experiment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"hint"}}]}}]}}]}}]} as unknown as DocumentNode<CancelExperimentMutation, CancelExperimentMutationVariables>;