import DataLoader from 'dataloader';
import type { ExperimentService } from '../services/experiment-service.js';
import type { GroupKey, LeaderboardService } from '../services/leaderboard-service.js';
import type { ModelService } from '../services/model-service.js';
import type { ResultService } from '../services/result-service.js';
import type { TeamScope } from '../services/team-scope.js';

/** A loader over one statement that finds rows by many keys; absent rows are null. */
function byKey<Row>(find: (keys: readonly string[]) => Promise<readonly Row[]>, keyOf: (row: Row) => string) {
  return new DataLoader<string, Row | null>(async (keys) => {
    const rows = new Map((await find(keys)).map((row) => [keyOf(row), row]));
    return keys.map((key) => rows.get(key) ?? null);
  });
}

const byId = <Row extends { readonly id: string }>(find: (ids: readonly string[]) => Promise<readonly Row[]>) =>
  byKey(find, ({ id }) => id);

/** One request's loaders: a list of any length costs one statement for each kind of thing its rows refer to. */
export function createLoaders(
  services: {
    readonly models: ModelService;
    readonly experiments: ExperimentService;
    readonly results: ResultService;
    readonly leaderboard: LeaderboardService;
  },
  scope: TeamScope,
) {
  const { models, experiments, results, leaderboard } = services;
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
    standings: new DataLoader(
      (groups: readonly GroupKey[]) => Promise.all(groups.map((group) => leaderboard.standings(scope, group))),
      { cacheKeyFn: ({ modelId, protocolId }) => `${modelId} ${protocolId}` },
    ),
  };
}

export type Loaders = ReturnType<typeof createLoaders>;
