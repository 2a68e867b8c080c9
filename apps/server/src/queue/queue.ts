import { fromPrisma, PgBoss } from 'pg-boss';

/** Each queue with the name under which its jobs carry the id they are about. */
const QUEUES = { experiment: 'experimentId', measurement: 'requestId' } as const;
export type QueueName = keyof typeof QUEUES;
const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[]; // keys of the constant above

/** Seconds without a sign of life after which a job is given to another worker; 10 is pg-boss's minimum. */
const HEARTBEAT_SECONDS = 10;
/** pg-boss's maximum. A job that runs longer is delivered again, and its claim is refused while the first one holds the lease. */
const EXPIRE_SECONDS = 24 * 3600;
const YEAR_SECONDS = 365 * 24 * 3600;
/** Attempts are counted by the pipeline, which knows crashes from progress; the queue only ever delivers again. */
const UNLIMITED = 1_000_000;

/** What a handler says about a job: over, or to be delivered again after so many seconds. */
export type Delivery = { readonly kind: 'finished' } | { readonly kind: 'again'; readonly seconds: number };

export type JobHandler = (id: string) => Promise<Delivery>;

/** The transaction a job is written in: any Prisma transaction client. */
type Transaction = Parameters<typeof fromPrisma>[0];

export interface Queue {
  /** Creates the queues where they are missing. Call once before anything else. */
  open(): Promise<void>;
  /** Writes the job of a row in the caller's transaction: both commit, or neither (I-01). */
  enqueue(transaction: Transaction, queue: QueueName, id: string): Promise<void>;
  /** Hands the jobs of a queue to `handler`, one at a time. A handler that throws gets its job again. */
  consume(queue: QueueName, handler: JobHandler): Promise<void>;
  /** No new job from now on; waits up to `graceSeconds` for the running ones, which are then left to be delivered again. */
  close(graceSeconds?: number): Promise<void>;
}

/**
 * The job queues in PostgreSQL (schema `pgboss`): one job an experiment or measurement, which carries its id and nothing else. A job whose worker
 * died is delivered again about 12 s later. `consumes` is for workers: it turns on the upkeep that finds such jobs.
 */
export function createQueue(options: {
  readonly databaseUrl: string;
  readonly consumes?: boolean;
  readonly onError: (error: Error) => void;
}): Queue {
  const { databaseUrl, consumes = false, onError } = options;
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: 'swm-queue',
    max: consumes ? 4 : 2,
    schema: 'pgboss',
    supervise: consumes,
    schedule: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    useListenNotify: consumes,
  });
  // Without a listener a lost connection would end the process (I-15); pg-boss reconnects by itself.
  boss.on('error', onError);

  return {
    open: async () => {
      await boss.start();
      for (const queue of QUEUE_NAMES)
        await boss.createQueue(queue, {
          heartbeatSeconds: HEARTBEAT_SECONDS,
          expireInSeconds: EXPIRE_SECONDS,
          retentionSeconds: YEAR_SECONDS,
          retryLimit: UNLIMITED,
          retryDelay: 1,
          notify: true,
        });
    },
    enqueue: async (transaction, queue, id) => {
      await boss.send(queue, { [QUEUES[queue]]: id }, { db: fromPrisma(transaction) });
    },
    consume: async (queue, handler) => {
      const work = {
        batchSize: 1,
        heartbeatRefreshSeconds: 3,
        pollingIntervalSeconds: 1,
        notifyPollingIntervalSeconds: 1,
      };
      await boss.work<Readonly<Record<string, string>>>(queue, work, async ([job]) => {
        const id = job?.data[QUEUES[queue]];
        if (!job || id === undefined) return;
        const delivery = await handler(id);
        // A crash between this line and the completion leaves two jobs; the claim makes the second one harmless.
        if (delivery.kind === 'again') await boss.send(queue, job.data, { startAfter: delivery.seconds });
      });
    },
    close: (graceSeconds = 5) => boss.stop({ graceful: true, timeout: graceSeconds * 1000 }),
  };
}
