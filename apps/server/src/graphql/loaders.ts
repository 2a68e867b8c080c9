import DataLoader from 'dataloader';
import type { ExperimentService } from '../services/experiment-service.js';
import type { GroupKey, LeaderboardService } from '../services/leaderboard-service.js';
import type { ModelService } from '../services/model-service.js';
import type { ResultService } from '../services/result-service.js';
import type { SimilarityKey, SimilarityService } from '../services/similarity-service.js';
import type { TeamScope } from '../services/team-scope.js';
import { tooManySimilarities } from './api-errors.js';

/** A loader over one statement that finds rows by many keys; absent rows are null. */
function byKey<Row>(find: (keys: readonly string[]) => Promise<readonly Row[]>, keyOf: (row: Row) => string) {
  return new DataLoader<string, Row | null>(async (keys) => {
    const rows = new Map((await find(keys)).map((row) => [keyOf(row), row]));
    return keys.map((key) => rows.get(key) ?? null);
  });
}

const byId = <Row extends { readonly id: string }>(find: (ids: readonly string[]) => Promise<readonly Row[]>) =>
  byKey(find, ({ id }) => id);

/** Similarities one operation may read: those of a list of a hundred models would be megabytes. */
const MAX_SIMILARITIES = 4;

/** One request's loaders: a list of any length costs one statement for each kind of thing its rows refer to. */
export function createLoaders(
  services: {
    readonly models: ModelService;
    readonly experiments: ExperimentService;
    readonly results: ResultService;
    readonly leaderboard: LeaderboardService;
    readonly similarities: SimilarityService;
  },
  scope: TeamScope,
) {
  const { models, experiments, results, leaderboard, similarities } = services;
  let similaritiesAsked = 0;
  return {
    model: byId((ids) => models.byIds(scope, ids)),
    plan: byId((ids) => results.plansByIds(scope, ids)),
    checkpoint: byId((ids) => results.checkpointsByIds(scope, ids)),
    protocol: byId((ids) => leaderboard.protocolsByIds(ids)),
    entry: byKey(
      (ids) => leaderboard.entriesOf(scope, ids),
      ({ experimentId }) => experimentId,
    ),
    stages: new DataLoader(async (experimentIds: readonly string[]) => {
      const stages = await experiments.stagesOf(scope, experimentIds);
      return experimentIds.map((id) => stages.filter(({ experimentId }) => experimentId === id));
    }),
    similarity: new DataLoader(
      async (keys: readonly SimilarityKey[]) => {
        similaritiesAsked += keys.length;
        if (similaritiesAsked > MAX_SIMILARITIES) throw tooManySimilarities(MAX_SIMILARITIES);
        return Promise.all(keys.map((key) => similarities.get(scope, key)));
      },
      { cacheKeyFn: ({ modelId, calibrationSha256 }) => `${modelId} ${calibrationSha256}` },
    ),
    standings: new DataLoader(
      (groups: readonly GroupKey[]) => Promise.all(groups.map((group) => leaderboard.standings(scope, group))),
      { cacheKeyFn: ({ modelId, protocolId }) => `${modelId} ${protocolId}` },
    ),
  };
}

export type Loaders = ReturnType<typeof createLoaders>;
