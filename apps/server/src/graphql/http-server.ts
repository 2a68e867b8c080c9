import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import { type CodedError, isCodedError } from '@swm/core/errors';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { GraphQLSchema } from 'graphql';
import type { EventFeed } from '../services/event-feed.js';
import type { TeamScope } from '../services/team-scope.js';
import {
  authRequired,
  badRequest,
  bodyTooLarge,
  formatGraphqlError,
  hostRefused,
  notFound,
  portBusy,
  publicError,
} from './api-errors.js';
import type { ApiContext } from './context.js';
import { createEventStream } from './event-stream.js';
import type { Loaders } from './loaders.js';
import { checkOperationSize, MAX_TOKENS, refuseSubscription } from './operation-limits.js';

const BODY_LIMIT = '100kb';
/** One slider needs one round trip; longer waits are for subscriptions and queries (docs/adr/0008). */
const PATIENCE_MS = 3000;

export interface HttpServerOptions {
  readonly schema: GraphQLSchema;
  readonly authenticate: (header: string | undefined) => Promise<TeamScope | null>;
  readonly createLoaders: (scope: TeamScope) => Loaders;
  readonly followEvents: EventFeed['follow'];
  /** Host names under which requests are answered, and whose pages may send them. */
  readonly allowedHosts: readonly string[];
  readonly isDatabaseAway: (error: unknown) => boolean;
  /** Failures of ours, for the log. */
  readonly onError: (error: unknown, requestId: string) => void;
}

/** What express carries from one middleware to the next. */
interface Locals {
  requestId: string;
  scope?: TeamScope;
}

const localsOf = (response: Response): Locals => response.locals as Locals; // Set by the first two middlewares below.

/** The HTTP side of the API: POST /graphql, subscriptions at POST /graphql/stream, GET /healthz; JSON on every path but the stream. */
export async function createHttpServer(
  options: HttpServerOptions,
): Promise<{ readonly server: Server; stop(): Promise<void> }> {
  const app = express();
  const server = createServer(app);
  const apollo = new ApolloServer<ApiContext>({
    schema: options.schema,
    introspection: true, // open to everyone with a token
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    formatError: (formatted, error) => formatGraphqlError(formatted, error, options.isDatabaseAway),
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer: server }),
      ApolloServerPluginLandingPageDisabled(),
      failurePlugin(options),
    ],
  });
  await apollo.start();
  const contextOf = (response: Response): ApiContext & { readonly scope: TeamScope } => {
    const { requestId, scope } = localsOf(response);
    if (!scope) throw authRequired(); // Unreachable behind requireToken; and the default is to deny.
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const patience = { until: performance.now() + PATIENCE_MS, signal: gone.signal };
    return { requestId, scope, patience, loaders: options.createLoaders(scope) };
  };
  const stream = createEventStream({
    ...options,
    createContext: (response, signal) => {
      const context = contextOf(response);
      return { ...context, followEvents: (id, after) => options.followEvents(context.scope, id, after, signal) };
    },
    isAllowed: async ({ headers }) => (await options.authenticate(headers.authorization)) !== null,
  });

  app.disable('x-powered-by');
  app.use(giveRequestId);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.use(checkHost(options.allowedHosts));
  app.use('/graphql', requireToken(options), express.json({ limit: BODY_LIMIT }));
  app.post('/graphql/stream', stream.handle);
  app.use('/graphql', expressMiddleware(apollo, { context: async ({ res }) => contextOf(res) }));
  app.use((_request, response) => sendError(response, 404, notFound()));
  app.use(handleError(options));
  return {
    server,
    stop: async () => {
      stream.stop(); // or the server would wait for streams that never end by themselves
      await apollo.stop();
    },
  };
}

/** Listens, or throws `API.PORT_BUSY`. Returns the port. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolveListen, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portBusy(port) : error),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolveListen(typeof address === 'object' && address ? address.port : port);
    });
  });
}

const giveRequestId: RequestHandler = (_request, response, next) => {
  const requestId = randomUUID();
  localsOf(response).requestId = requestId;
  response.setHeader('x-request-id', requestId);
  next();
};

/** Refuses names that merely point here (DNS rebinding) and pages of other sites; programs send no Origin. */
function checkHost(allowedHosts: readonly string[]): RequestHandler {
  const isAllowed = (address: string): boolean => {
    return URL.canParse(address) && allowedHosts.includes(new URL(address).hostname);
  };
  return (request, response, next) => {
    const { host, origin } = request.headers;
    const isOurs = host !== undefined && isAllowed(`http://${host}`) && (origin === undefined || isAllowed(origin));
    if (isOurs) next();
    else sendError(response, 403, hostRefused());
  };
}

/** Before anything is parsed. */
function requireToken({ authenticate }: HttpServerOptions): RequestHandler {
  return async (request, response, next) => {
    const scope = await authenticate(request.headers.authorization);
    if (!scope) return sendError(response, 401, authRequired());
    localsOf(response).scope = scope;
    next();
  };
}

function handleError({ isDatabaseAway, onError }: HttpServerOptions): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const { status, coded } = httpError(error, isDatabaseAway);
    if (status >= 500) onError(error, localsOf(response).requestId);
    sendError(response, status, coded);
  };
}

/** body-parser's failures have a `status`; the rest is ours. */
function httpError(error: unknown, isDatabaseAway: (error: unknown) => boolean): { status: number; coded: CodedError } {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status === 413) return { status, coded: bodyTooLarge(error) };
  if (status >= 400 && status < 500) return { status, coded: badRequest(error) };
  const coded = publicError(error, isDatabaseAway);
  return { status: coded.code === 'API.SERVICE_UNAVAILABLE' ? 503 : 500, coded };
}

/** Errors outside GraphQL in the shape of GraphQL's. */
function sendError(response: Response, status: number, { code, message, fix }: CodedError): void {
  if (response.headersSent) return;
  const { requestId } = localsOf(response);
  response.status(status).json({ errors: [{ message, extensions: { code, fix, requestId } }] });
}

/** Bounds operations, logs what is our fault, puts the request id into every error, and answers 503 while the database is away. */
function failurePlugin({ onError }: HttpServerOptions): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async ({ contextValue: { requestId } }) => ({
      didResolveOperation: async ({ document, operation }) => {
        if (!operation) return;
        refuseSubscription(operation);
        checkOperationSize(document, operation);
      },
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) {
          const cause = error.originalError;
          if (cause && !isCodedError(cause)) onError(cause, requestId);
        }
      },
      willSendResponse: async ({ response: { body, http } }) => {
        if (body.kind !== 'single' || !body.singleResult.errors) return;
        body.singleResult.errors = body.singleResult.errors.map((error) => ({
          ...error,
          extensions: { ...error.extensions, requestId },
        }));
        const codes = body.singleResult.errors.map(({ extensions }) => extensions?.code);
        if (codes.includes('API.SERVICE_UNAVAILABLE')) http.status = 503;
      },
    }),
  };
}
