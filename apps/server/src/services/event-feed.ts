import type { EventBell } from '../db/event-bell.js';
import type { ExperimentEvent } from '../db/generated/client.js';
import { type ExperimentService, isFinal } from './experiment-service.js';
import type { TeamScope } from './team-scope.js';

export type { ExperimentEvent } from '../db/generated/client.js';

/** Without a ring we look this often: rings are lost while the listening connection is away. */
const LOOK_AGAIN_MS = 5000;
const PAGE = 100;

/**
 * An experiment's events as they are written. Every event is read from its table by its sequence number, so a reader that comes back
 * with the last number it saw misses none and sees none twice, whatever happened to it, to us or to the database in between.
 */
export class EventFeed {
  constructor(
    private readonly experiments: ExperimentService,
    private readonly bell: EventBell,
    private readonly isDatabaseAway: (error: unknown) => boolean,
  ) {}

  /**
   * Events after `after`, in order, until the experiment has ended and its last event was given, or the signal says stop. Waits where
   * the database is away. Throws `EXPERIMENT.NOT_FOUND`.
   */
  async follow(
    scope: TeamScope,
    id: string,
    after: number,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<ExperimentEvent>> {
    await this.experiments.require(scope, id);
    return this.read(scope, id, after, signal);
  }

  private async *read(
    scope: TeamScope,
    id: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<ExperimentEvent> {
    let seq = after;
    while (!signal.aborted) {
      const ring = this.bell.next(id, LOOK_AGAIN_MS);
      signal.addEventListener('abort', ring.cancel, { once: true });
      try {
        const { nodes, isOver } = await this.look(scope, id, seq);
        for (const event of nodes) {
          yield event;
          seq = event.seq;
        }
        if (nodes.length > 0) continue;
        if (isOver) return;
        await ring.done;
      } finally {
        signal.removeEventListener('abort', ring.cancel);
        ring.cancel();
      }
    }
  }

  /** The next events, and whether there can be no more: the end is read first, and the event that tells of it is in the same transaction. */
  private async look(scope: TeamScope, id: string, after: number) {
    try {
      const experiment = await this.experiments.require(scope, id);
      const { nodes } = await this.experiments.events(scope, id, { after, first: PAGE });
      return { nodes, isOver: isFinal(experiment) };
    } catch (error) {
      if (this.isDatabaseAway(error)) return { nodes: [], isOver: false };
      throw error;
    }
  }
}
