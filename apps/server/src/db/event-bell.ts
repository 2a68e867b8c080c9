import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** The channel that the trigger on `experiment_event` notifies; the payload is the experiment's id. */
const CHANNEL = 'experiment_event';
const RECONNECT_MS = 1000;

/** One wait for the bell; `cancel` ends it early. */
export interface Ring {
  /** Resolves when the bell rang, the time is over, or the wait was cancelled; never rejects. */
  readonly done: Promise<void>;
  cancel(): void;
}

/**
 * Rings when an experiment has a new event, over one listening connection a process. A ring says "look", not what there is to see: it
 * may come for nothing, and while the connection is away it does not come at all, which is why every wait has an end.
 */
export class EventBell {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly closing = new AbortController();
  private client: pg.Client | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Starts to listen, and listens again whenever the connection breaks. */
  open(): void {
    void this.listen();
  }

  /** Waits for an event of the experiment from this moment on: ask before looking, so that nothing falls between. */
  next(experimentId: string, timeoutMs: number): Ring {
    let cancel = () => {};
    const done = new Promise<void>((resolve) => {
      const listeners = this.waiting.get(experimentId) ?? new Set();
      this.waiting.set(experimentId, listeners);
      const timer = setTimeout(() => cancel(), timeoutMs);
      cancel = () => {
        clearTimeout(timer);
        listeners.delete(cancel);
        if (listeners.size === 0 && this.waiting.get(experimentId) === listeners) this.waiting.delete(experimentId);
        resolve();
      };
      listeners.add(cancel);
    });
    return { done, cancel: () => cancel() };
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.ringAll();
    await this.client?.end().catch(() => {}); // It may have gone by itself.
  }

  private async listen(): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.listenOnce().catch((error: Error) => this.onError(error));
      await sleep(RECONNECT_MS, undefined, { signal: this.closing.signal }).catch(() => {}); // closing
    }
  }

  /** Listens until the connection ends. */
  private async listenOnce(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: 'swm-events',
      connectionTimeoutMillis: 4000,
      keepAlive: true,
    });
    this.client = client;
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('error', (error) => this.onError(error));
    client.on('notification', ({ payload }) => this.ring(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.ringAll(); // What happened before we listened rang for nobody.
      if (this.closing.signal.aborted) return;
      await ended;
    } finally {
      await client.end().catch(() => {}); // as above
    }
  }

  private ring(experimentId: string): void {
    for (const cancel of [...(this.waiting.get(experimentId) ?? [])]) cancel();
  }

  private ringAll(): void {
    for (const experimentId of [...this.waiting.keys()]) this.ring(experimentId);
  }
}
