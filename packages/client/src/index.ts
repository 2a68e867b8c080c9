export * from './documents.js';
export { ApiError, type Connection, execute } from './execute.js';
export type * from './generated/graphql.js';
export { launchMutation } from './launch-mutation.js';
