import { unwrapResolverError } from '@apollo/server/errors';
import { CodedError, isCodedError } from '@swm/core/errors';
import type { GraphQLFormattedError } from 'graphql';

/** `API.PORT_BUSY`: somebody listens on the port already. */
export const portBusy = (port: number): CodedError =>
  new CodedError({
    code: 'API.PORT_BUSY',
    message: `Port ${port} is in use.`,
    fix: 'Stop what listens there (perhaps another `npm start`), or set SWM_API_PORT to a free port.',
  });

/** `AUTH.REQUIRED`: no token, or one that is unknown or revoked. */
export const authRequired = (): CodedError =>
  new CodedError({
    code: 'AUTH.REQUIRED',
    message: 'A valid API token is needed.',
    fix: 'Send "Authorization: Bearer …" with the token in the file `token` under SWM_HOME.',
  });

/** `API.HOST_REFUSED`: a Host or Origin that is not ours: a page of another site, or a rebound name. */
export const hostRefused = (): CodedError =>
  new CodedError({
    code: 'API.HOST_REFUSED',
    message: 'Requests under this host or from this origin are refused.',
    fix: 'Use http://127.0.0.1; behind a name of your own, set SWM_API_URL to it.',
  });

/** `API.SERVICE_UNAVAILABLE`: the database is away. */
export const serviceUnavailable = (cause: unknown): CodedError =>
  new CodedError({
    code: 'API.SERVICE_UNAVAILABLE',
    message: 'The database cannot be reached right now.',
    fix: 'Try again in a few seconds; if it stays so, look at the PostgreSQL server.',
    retryable: true,
    cause,
  });

/** `API.NOT_FOUND`: no such address. */
export const notFound = (): CodedError =>
  new CodedError({
    code: 'API.NOT_FOUND',
    message: 'There is nothing at this address.',
    fix: 'The API is at POST /graphql.',
  });

/** `API.BAD_REQUEST`: not JSON, or not a GraphQL request. */
export const badRequest = (cause: unknown): CodedError =>
  new CodedError({
    code: 'API.BAD_REQUEST',
    message: 'The request is not valid JSON.',
    fix: 'Send a JSON object with query and variables, content-type application/json.',
    cause,
  });

/** `API.BODY_TOO_LARGE`: more than 100 KB. */
export const bodyTooLarge = (cause: unknown): CodedError =>
  new CodedError({
    code: 'API.BODY_TOO_LARGE',
    message: 'The request is larger than 100 KB.',
    fix: 'Send less: operations are small.',
    cause,
  });

/** `API.OPERATION_TOO_BIG`: matrices of more models than one answer may hold. */
export const tooManySimilarities = (limit: number): CodedError =>
  new CodedError({
    code: 'API.OPERATION_TOO_BIG',
    message: `The operation asks for more than ${limit} different layerSimilarity.`,
    fix: 'Ask for those of fewer models or calibrations at once.',
  });

/** `API.INTERNAL`: a bug of ours. */
const internal = (cause: unknown): CodedError =>
  new CodedError({
    code: 'API.INTERNAL',
    message: 'Something went wrong on our side.',
    fix: 'Look for the request id in the API’s log.',
    cause,
  });

/** What is said of a failure in public: coded errors as they are, a database that is away, and nothing of anything else. */
export function publicError(error: unknown, isDatabaseAway: (error: unknown) => boolean): CodedError {
  if (isCodedError(error)) return error;
  return isDatabaseAway(error) ? serviceUnavailable(error) : internal(error);
}

/** GraphQL's own complaints about a request, whose text is about the request alone. */
const REQUEST_CODES = new Set([
  ...['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'BAD_REQUEST'],
  ...['OPERATION_RESOLUTION_FAILURE', 'API.OPERATION_TOO_BIG', 'API.SUBSCRIPTION_ELSEWHERE'],
]);

/** An error in a GraphQL reply: code, fix, place in the request; no stack, SQL, path or suggestion (I-39). */
export function formatGraphqlError(
  formatted: GraphQLFormattedError,
  error: unknown,
  isDatabaseAway: (error: unknown) => boolean,
): GraphQLFormattedError {
  const { locations, path } = formatted;
  const place = { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
  const code = String(formatted.extensions?.code);
  const cause = unwrapResolverError(error);
  if (cause === error && REQUEST_CODES.has(code)) {
    return { ...place, message: formatted.message.replace(/ Did you mean .*$/s, ''), extensions: { code } };
  }
  const { message, fix, code: publicCode } = publicError(cause, isDatabaseAway);
  return { ...place, message, extensions: { code: publicCode, ...(fix === undefined ? {} : { fix }) } };
}
