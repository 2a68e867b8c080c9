import { CodedError, isCodedError } from '@swm/core/errors';
import type { RequestHandler } from 'express';
import { GraphQLError, type GraphQLSchema, getOperationAST, OperationTypeNode, parse, validate } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/express';
import { formatGraphqlError } from './api-errors.js';
import type { ApiContext } from './context.js';
import { checkOperationSize, MAX_TOKENS } from './operation-limits.js';

/** Streams open at once in a process; each holds a socket and wakes with every event of its experiment. */
const MAX_STREAMS = 200;
/** How soon a token that was revoked ends a stream (I-37). */
const CHECK_TOKEN_MS = 5000;

/** `API.TOO_MANY_STREAMS`: this process serves as many subscriptions as it will. */
const tooManyStreams = (): CodedError =>
  new CodedError({
    code: 'API.TOO_MANY_STREAMS',
    message: `${MAX_STREAMS} subscriptions are open already.`,
    fix: 'Close some, or read `events(after)` instead.',
    retryable: true,
  });

/** `API.SUBSCRIPTION_EXPECTED`: a query or mutation was sent to the address of subscriptions. */
const subscriptionExpected = (): CodedError =>
  new CodedError({
    code: 'API.SUBSCRIPTION_EXPECTED',
    message: 'Only subscriptions are answered at this address.',
    fix: 'Send queries and mutations to POST /graphql; subscriptions here, with the header accept: text/event-stream.',
  });

export interface EventStreamOptions {
  readonly schema: GraphQLSchema;
  /** What resolvers of one stream share; the signal aborts when the stream ends. */
  readonly createContext: (response: Parameters<RequestHandler>[1], signal: AbortSignal) => ApiContext;
  /** Whether the request's token is still good. */
  readonly isAllowed: (request: Parameters<RequestHandler>[0]) => Promise<boolean>;
  readonly isDatabaseAway: (error: unknown) => boolean;
  /** Failures of ours, for the log. */
  readonly onError: (error: unknown, requestId: string) => void;
}

/**
 * Subscriptions over server-sent events (graphql-sse, one connection a subscription), behind the same token, host and size checks as
 * queries. `stop` ends every stream, so that clients go on elsewhere.
 */
export function createEventStream(options: EventStreamOptions): { readonly handle: RequestHandler; stop(): void } {
  const { schema, createContext, isAllowed, isDatabaseAway, onError } = options;
  const open = new Set<AbortController>();

  const handle: RequestHandler = async (request, response) => {
    const stream = new AbortController();
    const context = createContext(response, stream.signal);
    const refuse = (error: unknown, status = 400) =>
      void response.status(status).json({ errors: [publicForm(error, context)] });
    const publicForm = (error: unknown, { requestId }: ApiContext) => {
      const found = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: asError(error) });
      if (found.originalError && !isCodedError(found.originalError)) onError(found.originalError, requestId);
      const formatted = formatGraphqlError(found.toJSON(), found.originalError ?? found, isDatabaseAway);
      return retold(found, formatted.message, { ...formatted.extensions, requestId });
    };
    if (open.size >= MAX_STREAMS) return refuse(tooManyStreams(), 429);
    let document: ReturnType<typeof parseSubscription>;
    try {
      document = parseSubscription(schema, request.body);
    } catch (error) {
      return refuse(error);
    }
    const answer = createHandler<Record<PropertyKey, unknown>>({
      authenticate: () => null, // a connection for each subscription
      onSubscribe: (_request, { operationName, variables }) => ({
        ...{ schema, document, contextValue: { ...context } },
        operationName: operationName ?? null,
        variableValues: variables ?? null,
      }),
      onNext: (_context, _request, result) =>
        result.errors ? { ...result, errors: result.errors.map((error) => publicForm(error, context)) } : undefined,
    });
    open.add(stream);
    const watch = setInterval(() => {
      // A database that is away says nothing about the token.
      void isAllowed(request).then(
        (allowed) => allowed || response.destroy(),
        () => {},
      );
    }, CHECK_TOKEN_MS);
    // Here, not after `answer`: that waits for ever for the end of a response whose connection is gone.
    response.once('close', () => {
      clearInterval(watch);
      open.delete(stream);
      stream.abort();
    });
    stream.signal.addEventListener('abort', () => response.destroy(), { once: true });
    try {
      await answer(request, response);
    } catch (error) {
      onError(error, context.requestId);
      response.destroy();
    }
  };
  return {
    handle,
    stop: () => {
      for (const stream of open) stream.abort();
    },
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** A checked document with one subscription. Throws a GraphQL error, or `API.SUBSCRIPTION_EXPECTED`. */
function parseSubscription(schema: GraphQLSchema, body: unknown) {
  const { query, operationName } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}; // read as unknown
  if (typeof query !== 'string') throw subscriptionExpected();
  const document = parseBounded(query);
  const operation = getOperationAST(document, typeof operationName === 'string' ? operationName : undefined);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) throw subscriptionExpected();
  const [mistake] = validate(schema, document);
  if (mistake) throw withCode(mistake, 'GRAPHQL_VALIDATION_FAILED');
  checkOperationSize(document, operation);
  return document;
}

function parseBounded(query: string) {
  try {
    return parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    throw error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error;
  }
}

/** The codes under which Apollo reports the same mistakes. */
const withCode = (error: GraphQLError, code: string): GraphQLError => retold(error, error.message, { code });

/** The same error about the same place, in other words. */
const retold = (
  { nodes, source, positions, path }: GraphQLError,
  message: string,
  extensions: Readonly<Record<string, unknown>>,
): GraphQLError =>
  new GraphQLError(message, { nodes: nodes ?? null, source, positions, path, extensions: { ...extensions } });
