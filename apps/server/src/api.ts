// The API process. Usage: node dist/api.js (settings: env.ts)
// First: type-graphql's decorators need it as they are read.
import 'reflect-metadata';
import { pathToFileURL } from 'node:url';
import { isCodedError } from '@swm/core/errors';
import { type Logger, pino } from 'pino';
import { bootstrapLocalTeam } from './db/bootstrap.js';
import { createPrisma } from './db/client.js';
import { openDatabase } from './db/database.js';
import { EventBell } from './db/event-bell.js';
import type { PrismaClient } from './db/generated/client.js';
import { type Env, readEnv } from './env.js';
import { ComparisonResolver } from './graphql/comparison/comparison.resolver.js';
import { ExperimentResolver } from './graphql/experiment/experiment.resolver.js';
import { ExperimentEventsResolver } from './graphql/experiment/experiment-events.resolver.js';
import { createHttpServer, listen } from './graphql/http-server.js';
import { LeaderboardGroupResolver, LeaderboardRowResolver } from './graphql/leaderboard/leaderboard.resolver.js';
import { createLoaders } from './graphql/loaders.js';
import { MeasurementResolver } from './graphql/measurement/measurement.resolver.js';
import { MethodResolver } from './graphql/method/method.resolver.js';
import { ModelResolver } from './graphql/model/model.resolver.js';
import { createSchema } from './graphql/schema.js';
import { LayerSimilarityResolver, ModelSimilarityResolver } from './graphql/similarity/similarity.resolver.js';
import { ViewerResolver } from './graphql/viewer/viewer.resolver.js';
import { createModelInspector } from './models/inspect-model.js';
import { createQueue, type Queue } from './queue/queue.js';
import { AuthService } from './services/auth-service.js';
import { CompareService } from './services/compare-service.js';
import { EventFeed } from './services/event-feed.js';
import { ExperimentService } from './services/experiment-service.js';
import { createLaunchEnvironment } from './services/launch-environment.js';
import { LaunchService } from './services/launch-service.js';
import { LeaderboardService } from './services/leaderboard-service.js';
import { MeasurementService } from './services/measurement-service.js';
import { ModelService } from './services/model-service.js';
import { ResultService } from './services/result-service.js';
import { SimilarityService } from './services/similarity-service.js';
import { isDatabaseAway } from './worker/database-patience.js';

export interface Api {
  readonly port: number;
  /** The local team's token. */
  readonly token: string;
  /** Answers what it has begun, then ends. */
  stop(): Promise<void>;
}

/** Starts the API on a migrated database (an embedded one where `databaseUrl` is missing). Throws `DB.*` or `API.PORT_BUSY`. */
export async function startApi(
  env: Omit<
    Env,
    | 'webPort'
    | 'engine'
    | 'torchDtype'
    | 'engineFolder'
    | 'warmBytes'
    | 'warmIdleSeconds'
    | 'retention'
    | 'teamQuotaBytes'
  >,
  options: { readonly logger: Logger; readonly onQuery?: (sql: string) => void },
): Promise<Api> {
  const { logger, onQuery } = options;
  const database = await openDatabase(env);
  const onPoolError = (error: Error) => logger.warn({ err: error }, 'a database connection broke');
  const db = createPrisma(database.url, { onPoolError, ...(onQuery ? { onQuery } : {}) });
  const queue = createQueue({ databaseUrl: database.url, onError: onPoolError });
  const bell = new EventBell(database.url, onPoolError);
  const release = async () => {
    await bell.close();
    await queue.close();
    await db.$disconnect();
    await database.stop();
  };
  try {
    const { token } = await bootstrapLocalTeam(db, env.swmHome);
    await queue.open();
    bell.open();
    const { server, stop } = await composeServer({ db, queue, bell, env, logger });
    const port = await listen(server, env.apiHost, env.apiPort);
    return {
      port,
      token,
      stop: async () => {
        await stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Makes every service and resolver, once. */
async function composeServer(parts: {
  readonly db: PrismaClient;
  readonly queue: Queue;
  readonly bell: EventBell;
  readonly env: Pick<Env, 'swmHome' | 'python' | 'taskDataFolder' | 'allowedHosts'>;
  readonly logger: Logger;
}) {
  const { db, queue, bell, env, logger } = parts;
  const auth = new AuthService(db);
  const models = new ModelService(db, createModelInspector(env.swmHome));
  const experiments = new ExperimentService(db);
  const feed = new EventFeed(experiments, bell, isDatabaseAway);
  const results = new ResultService(db);
  const leaderboard = new LeaderboardService(db);
  const similarities = new SimilarityService(db);
  const environment = createLaunchEnvironment(env);
  const launches = new LaunchService(db, queue, models, environment);
  const measurements = new MeasurementService(db, queue, models, environment, bell);
  const schema = await createSchema(
    new Map<unknown, object>([
      [ViewerResolver, new ViewerResolver(auth)],
      [MethodResolver, new MethodResolver()],
      [ModelResolver, new ModelResolver(models)],
      [ModelSimilarityResolver, new ModelSimilarityResolver(launches)],
      [LayerSimilarityResolver, new LayerSimilarityResolver(experiments)],
      [MeasurementResolver, new MeasurementResolver(measurements)],
      [ExperimentResolver, new ExperimentResolver(experiments, launches, results)],
      [ExperimentEventsResolver, new ExperimentEventsResolver()],
      [LeaderboardRowResolver, new LeaderboardRowResolver(leaderboard)],
      [LeaderboardGroupResolver, new LeaderboardGroupResolver(leaderboard)],
      [ComparisonResolver, new ComparisonResolver(new CompareService(db))],
    ]),
  );
  return createHttpServer({
    schema,
    authenticate: (header) => auth.authenticate(header),
    createLoaders: (scope) => createLoaders({ models, experiments, results, leaderboard, similarities }, scope),
    followEvents: (scope, id, after, signal) => feed.follow(scope, id, after, signal),
    allowedHosts: env.allowedHosts,
    isDatabaseAway,
    onError: (error, requestId) => logger.error({ err: error, requestId }, 'a request failed'),
  });
}

async function main(): Promise<void> {
  const logger = pino({ name: 'api' });
  try {
    const env = readEnv();
    const api = await startApi(env, { logger });
    logger.info(`API on http://${env.apiHost}:${api.port}/graphql`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        // A stop that fails or hangs must not keep the process.
        setTimeout(() => process.exit(1), 20_000).unref();
        void api.stop().then(
          () => process.exit(0),
          (error: unknown) => {
            logger.error({ err: error }, 'stopping failed');
            process.exit(1);
          },
        );
      });
    }
  } catch (error) {
    const text = isCodedError(error)
      ? `${error.code}: ${error.message} ${error.fix ?? ''}`
      : 'The API could not start.';
    logger.fatal({ err: error }, text);
    console.error(text);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
