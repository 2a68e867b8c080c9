import { CodedError } from '@swm/core/errors';
import type { HostedSession } from './engine-host.js';

/** What a warm session is wanted for. */
export interface WarmRequest {
  /** Names model, calibration and engine: what is equal shares a session. */
  readonly key: string;
  /** About how much memory its weights take. */
  readonly sizeBytes: number;
  /** Opens it; aborting the signal ends whatever was begun. */
  readonly open: (signal: AbortSignal) => Promise<HostedSession>;
}

/** `MEASURE.MODEL_TOO_LARGE`: one session alone would pass the budget. */
const modelTooLarge = (sizeBytes: number, budgetBytes: number): CodedError =>
  new CodedError({
    code: 'MEASURE.MODEL_TOO_LARGE',
    message: `The model takes ${Math.ceil(sizeBytes / 1e6)} MB, but only ${Math.floor(budgetBytes / 1e6)} MB may be used between experiments.`,
    fix: 'Raise SWM_WARM_BYTES for the worker, or launch an experiment with the method MANUAL.',
  });

/** Somebody needs the machine alone: what was going on is to begin again afterwards, or elsewhere. */
export class StoodAsideError extends Error {
  constructor() {
    super('an experiment computes');
    this.name = 'StoodAsideError';
  }
}

interface Kept {
  readonly sizeBytes: number;
  readonly session: Promise<HostedSession>;
  readonly ending: AbortController;
  idle?: NodeJS.Timeout;
}

/**
 * Engine sessions that stay open between questions, so that the next one finds weights and hidden states in memory: the one used longest
 * ago is closed when a new one would pass the budget, each after some idle time, and all of them while somebody needs the machine alone.
 */
export class WarmSessions {
  /** Least recently used first. */
  private readonly kept = new Map<string, Kept>();
  private aloneCount = 0;
  /** Resolves with the last of those who have the machine alone. */
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly budgetBytes: number;
      readonly idleMs: number;
      /** Hears of sessions that open and close, for the log. */
      readonly onChange: (change: string, key: string) => void;
    },
  ) {}

  /** Keys of the sessions that are open or being opened. */
  get keys(): readonly string[] {
    return [...this.kept.keys()];
  }

  /**
   * Asks the session of that key, opened first where it is not. Throws `StoodAsideError` when somebody needs the machine alone, the
   * signal's reason, `MEASURE.MODEL_TOO_LARGE`, or what opening and asking throw; a session that failed is closed.
   */
  async use<Result>(
    request: WarmRequest,
    signal: AbortSignal,
    work: (session: HostedSession) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    await this.makeRoom(request);
    if (this.aloneCount > 0) throw new StoodAsideError();
    const kept = this.kept.get(request.key) ?? this.open(request);
    clearTimeout(kept.idle);
    const onAbort = () => kept.ending.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await work(await kept.session);
      this.touch(request.key, kept);
      return result;
    } catch (error) {
      await this.close(request.key, 'failed');
      // What an engine says of its end is less telling than why it was ended.
      throw kept.ending.signal.aborted ? kept.ending.signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Does work with every session closed and none opened meanwhile. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    this.aloneCount += 1;
    const run = async () => {
      try {
        await this.closeAll(new StoodAsideError());
        return await work();
      } finally {
        this.aloneCount -= 1;
      }
    };
    const done = run();
    this.busy = Promise.allSettled([this.busy, done]);
    return done;
  }

  /** Ends every session; nothing of them is left when it resolves. */
  async closeAll(reason: Error = new Error('the worker stops')): Promise<void> {
    for (const { ending } of this.kept.values()) ending.abort(reason);
    await Promise.all(this.keys.map((key) => this.close(key, reason.message)));
  }

  /** Resolves when nobody has the machine alone; rejects with the signal's reason. */
  async untilFree(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.aloneCount === 0) return;
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      while (this.aloneCount > 0) await Promise.race([this.busy, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Closes the sessions used longest ago until this one fits beside the others. */
  private async makeRoom({ key, sizeBytes }: WarmRequest): Promise<void> {
    if (this.kept.has(key)) return;
    const { budgetBytes } = this.options;
    if (sizeBytes > budgetBytes) throw modelTooLarge(sizeBytes, budgetBytes);
    const wanted = () => [...this.kept.values()].reduce((sum, kept) => sum + kept.sizeBytes, sizeBytes);
    for (const oldest of this.keys) if (wanted() > budgetBytes) await this.close(oldest, 'room is needed');
  }

  private open({ key, sizeBytes, open }: WarmRequest): Kept {
    const ending = new AbortController();
    const kept: Kept = { sizeBytes, ending, session: open(ending.signal) };
    kept.session.catch(() => {}); // whoever uses it hears of it
    this.kept.set(key, kept);
    this.options.onChange('opened', key);
    return kept;
  }

  /** Used last from now on; closed when nobody asks it again in time. */
  private touch(key: string, kept: Kept): void {
    if (this.kept.get(key) !== kept) return; // closed meanwhile
    this.kept.delete(key);
    this.kept.set(key, kept);
    clearTimeout(kept.idle);
    kept.idle = setTimeout(() => void this.close(key, 'idle'), this.options.idleMs).unref();
  }

  private async close(key: string, why: string): Promise<void> {
    const kept = this.kept.get(key);
    if (!kept) return;
    this.kept.delete(key);
    clearTimeout(kept.idle);
    // Its memory is given back by the end of its thread or process, in whatever state it was.
    await kept.session.then((session) => session.close()).catch(() => {});
    this.options.onChange(`closed: ${why}`, key);
  }
}
