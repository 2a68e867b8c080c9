import { taskOf } from '@swm/eval/protocol';
import {
  chanceCorrectedMean,
  informativeMean,
  isInformative,
  type Outcomes,
  pairedDifference,
  rankRows,
} from '@swm/eval/scoreboard';
import type { LeaderboardEntry } from '../db/generated/client.js';
import { type LeaderboardFigures, leaderboardFiguresSchema } from '../db/leaderboard-entry.js';
import type { ProtocolTask } from './outcomes.js';

/** Whether each task of a protocol tells something of the model; null where that is not known. */
export type InformativeTasks = ReadonlyMap<string, boolean | null>;

/** What a whole group says of its rows. */
export interface GroupStandings {
  readonly tasks: readonly ProtocolTask[];
  /** By experiment; null where the group is too large to be ranked. */
  readonly places: ReadonlyMap<string, { readonly rank: number | null; readonly deltaStderr: number | null }> | null;
  /** The dense row the others are compared with. */
  readonly dense: { readonly experimentId: string; readonly mean: number } | null;
  readonly informative: InformativeTasks;
}

/** A row of the board with its place in the group. */
export interface LeaderboardRow {
  readonly entry: Omit<LeaderboardEntry, 'figures'>;
  readonly figures: LeaderboardFigures;
  /** 1 + number of rows of the group that are significantly better; null where nothing can be said. */
  readonly rank: number | null;
  readonly isDense: boolean;
  readonly deltaToDense: number | null;
  readonly deltaToDenseStderr: number | null;
  readonly chanceCorrectedMean: number | null;
  readonly informativeMean: number | null;
  readonly informative: InformativeTasks;
}

/** The headline figures of a row, in the order of the protocol's tasks. */
const headlineOf = ({ scores }: LeaderboardFigures, tasks: readonly ProtocolTask[]) =>
  tasks.flatMap(({ name, headline }) => scores.filter(({ task, metric }) => task === name && metric === headline));

/** Which tasks the dense model masters: significantly above always giving the commonest answer. */
function informativeTasks(tasks: readonly ProtocolTask[], dense: LeaderboardEntry | null): InformativeTasks {
  const scores = dense === null ? [] : headlineOf(leaderboardFiguresSchema.parse(dense.figures), tasks);
  return new Map(
    tasks.map(({ name }) => {
      const score = scores.find(({ task }) => task === name);
      if (!score || score.majorityRate === null) return [name, null];
      return [name, isInformative(score.value, score.n, score.majorityRate)];
    }),
  );
}

/** Ranks, paired errors and marks of a group. `rows`: all of it, or null where it is too large. */
export function standingsOf(group: {
  readonly rows: readonly Pick<LeaderboardEntry, 'experimentId' | 'weightsDigest'>[] | null;
  readonly dense: LeaderboardEntry | null;
  readonly tasks: readonly ProtocolTask[];
  readonly outcomes: ReadonlyMap<string, Outcomes>;
}): GroupStandings {
  const { rows, dense, tasks, outcomes } = group;
  const names = tasks.map(({ name }) => name);
  const outcomesOf = (digest: string): Outcomes => outcomes.get(digest) ?? new Map();
  const ranks = rankRows(
    (rows ?? []).map(({ weightsDigest }) => outcomesOf(weightsDigest)),
    names,
  );
  const places = rows?.map(({ experimentId, weightsDigest }, index) => {
    const paired = dense && pairedDifference(outcomesOf(weightsDigest), outcomesOf(dense.weightsDigest), names);
    return [experimentId, { rank: ranks[index] ?? null, deltaStderr: paired?.stderr ?? null }] as const;
  });
  return {
    tasks,
    places: places ? new Map(places) : null,
    dense: dense && { experimentId: dense.experimentId, mean: dense.mean },
    informative: informativeTasks(tasks, dense),
  };
}

/** An entry with its figures checked and its place in the group; null when it was published after the group was read. */
export function rowOf({ figures, ...entry }: LeaderboardEntry, standings: GroupStandings): LeaderboardRow | null {
  const { tasks, places, dense, informative } = standings;
  const place = places === null ? { rank: null, deltaStderr: null } : places.get(entry.experimentId);
  // It appears with the next request.
  if (!place) return null;
  const checked = leaderboardFiguresSchema.parse(figures);
  const headline = headlineOf(checked, tasks);
  const chances = tasks.flatMap(({ name }) => taskOf(name) ?? []);
  const isDense = entry.methodName === 'DENSE';
  const compared = isDense ? null : dense;
  return {
    ...{ entry, figures: checked, isDense, informative, rank: place.rank },
    deltaToDense: compared && entry.mean - compared.mean,
    deltaToDenseStderr: compared && place.deltaStderr,
    // Without the chance level of one task there is no mean over all.
    chanceCorrectedMean: chances.length === tasks.length ? chanceCorrectedMean(headline, chances) : null,
    informativeMean: informativeMean(headline, informative),
  };
}
