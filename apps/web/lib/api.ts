import 'server-only';
import {
  ApiError,
  CancelExperiment,
  ExperimentEvents,
  ExperimentPage,
  type ExperimentPageQuery,
  Experiments,
  execute,
  Leaderboard,
  LeaderboardGroups,
  type LeaderboardGroupsQuery,
  type LeaderboardOrder,
  type LeaderboardQuery,
} from '@swm/client';
import { apiUrl, readToken } from './env';
import { EMPTY_FEED, type Feed, foldEvents } from './feed';

export type LeaderboardGroup = LeaderboardGroupsQuery['leaderboardGroups'][number];
export type LeaderboardRow = LeaderboardQuery['leaderboard']['nodes'][number];
export type Experiment = NonNullable<ExperimentPageQuery['experiment']>;

/** The one caller of the API. Throws `ApiError`. */
async function call<Data, Variables>(
  document: Parameters<typeof execute<Data, Variables>>[1],
  variables: Variables,
): Promise<Data> {
  const token = await readToken().catch((error: unknown) => {
    throw new ApiError('CLIENT.NO_TOKEN', 'The local token is missing: the API has not started yet.', { cause: error });
  });
  return execute({ url: apiUrl(), token, signal: AbortSignal.timeout(10_000) }, document, variables);
}

export async function readGroups(): Promise<readonly LeaderboardGroup[]> {
  return (await call(LeaderboardGroups, {})).leaderboardGroups;
}

export async function readLeaderboard(
  group: LeaderboardGroup,
  orderBy: LeaderboardOrder,
): Promise<LeaderboardQuery['leaderboard']> {
  const variables = { modelId: group.model.id, protocolId: group.protocol.id, orderBy, first: 100, after: null };
  return (await call(Leaderboard, variables)).leaderboard;
}

export async function readExperiment(id: string): Promise<Experiment | null> {
  return (await call(ExperimentPage, { id })).experiment ?? null;
}

export async function readExperiments(after: string | null) {
  return (await call(Experiments, { first: 50, after })).experiments;
}

/** Feeds of the experiments looked at last, so that a live page reads only what is new. */
const feeds = new Map<string, Feed>();
const FEEDS_KEPT = 32;

/** The newest log lines and the processes of an experiment. */
export async function readFeed(id: string): Promise<Feed> {
  for (;;) {
    const after = (feeds.get(id) ?? EMPTY_FEED).lastSeq;
    const page = (await call(ExperimentEvents, { id, after, first: 100 })).experiment?.events;
    if (!page) return EMPTY_FEED;
    // Folded onto what is there now: another reader may have been faster.
    const feed = foldEvents(feeds.get(id) ?? EMPTY_FEED, page.nodes);
    feeds.delete(id);
    feeds.set(id, feed);
    for (const oldest of [...feeds.keys()].slice(0, -FEEDS_KEPT)) feeds.delete(oldest);
    if (!page.hasNextPage) return feed;
  }
}

export async function cancelExperiment(id: string): Promise<void> {
  await call(CancelExperiment, { input: { id } });
}

export { ApiError };
