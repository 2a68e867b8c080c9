import { createHash } from 'node:crypto';
import { CodedError } from '@swm/core/errors';
import { canonicalJson } from './canonical-json.js';
import {
  PERPLEXITY_TEXTS,
  type PerplexityProtocol,
  type PerplexityText,
  perplexityProtocol,
  perplexityTextOf,
} from './perplexity-protocol.js';
import { TASK_NAMES, TASKS, type TaskDescription, type TaskName, taskOf } from './task-catalogue.js';

export type ProtocolName = 'PAPER' | 'MODERN' | 'MINI';
export type ProtocolData = 'OFFICIAL' | 'LOCAL' | 'BUILTIN';

/** The harness this platform runs; another version gives another protocol. */
export const HARNESS_VERSION = '0.4.13';

/** What a score means: everything that can move it. Frozen; its id is the hash of it all. */
export interface Protocol {
  readonly version: 1;
  readonly name: ProtocolName;
  readonly data: ProtocolData;
  readonly tasks: readonly {
    readonly name: TaskName;
    readonly headline: 'acc' | 'acc_norm';
    readonly shots: 0;
    /** sha256 of the JSON Lines file. */
    readonly dataSha256: string;
  }[];
  /** false: never; `tokenizer`: as the model's tokenizer does by itself. */
  readonly addBos: false | 'tokenizer';
  /** Questions a task, the first ones; null for all. */
  readonly limit: number | null;
  readonly harness: string;
  readonly dtype: 'float32';
  readonly batchSize: number;
  readonly seed: number;
  /** Absent where none was asked for, so that such protocols keep their ids. */
  readonly perplexity?: readonly PerplexityProtocol[];
}

/** `PROTOCOL.INVALID`: protocol and data do not go together, or the limit is not a count. */
const invalidProtocol = (message: string, fix: string, field: string): CodedError =>
  new CodedError({ code: 'PROTOCOL.INVALID', message, fix, details: { field: ['protocol', field] } });

/** A protocol as a launch asks for it. */
export interface ProtocolRequest {
  readonly name: ProtocolName;
  readonly data: ProtocolData;
  /** Questions a task, the first ones; null for all. */
  readonly limit: number | null;
  /** Only these tasks; all of them where left out. */
  readonly tasks?: readonly TaskName[] | undefined;
  /** Texts whose perplexity is measured beside the tasks; none where left out. */
  readonly perplexity?: readonly PerplexityText[] | undefined;
}

/** The tasks that a request means, in the order of the catalogue. */
export const requestedTasks = ({ tasks }: Pick<ProtocolRequest, 'tasks'>): readonly TaskDescription[] =>
  TASKS.filter(({ name }) => tasks === undefined || tasks.includes(name));

/** The texts that a request means, in the order of the catalogue. */
export const requestedTexts = ({ perplexity = [] }: Pick<ProtocolRequest, 'perplexity'>): readonly PerplexityText[] =>
  PERPLEXITY_TEXTS.map(({ name }) => name).filter((name) => perplexity.includes(name));

/** Throws `PROTOCOL.INVALID` where a launch asks for what does not exist (yet). */
export function validateProtocolRequest(request: ProtocolRequest): void {
  const { name, data, limit, tasks, perplexity = [] } = request;
  if (data === 'OFFICIAL')
    throw invalidProtocol(
      'Task data from the hub is not there yet.',
      'Use data LOCAL with SWM_TASK_DATA, or MINI with BUILTIN.',
      'data',
    );
  if ((name === 'MINI') !== (data === 'BUILTIN')) {
    throw invalidProtocol(
      'MINI is the built-in suite; PAPER and MODERN run on real task data.',
      'Use MINI with BUILTIN, or PAPER or MODERN with LOCAL.',
      'data',
    );
  }
  if (limit !== null && (!Number.isInteger(limit) || limit < 1))
    throw invalidProtocol(
      `A limit of ${limit} questions is none.`,
      'Give a whole number from 1, or leave it out.',
      'limit',
    );
  if (tasks !== undefined && (tasks.length === 0 || new Set(tasks).size !== tasks.length))
    throw invalidProtocol(
      tasks.length === 0 ? 'A protocol without tasks scores nothing.' : 'A task is named twice.',
      'Name each task once, or leave the tasks out for all seven.',
      'tasks',
    );
  if (new Set(perplexity).size !== perplexity.length)
    throw invalidProtocol('A text is named twice.', 'Name each text once.', 'perplexity');
}

/**
 * The protocol of a launch. PAPER: no BOS, the paper's metrics; MODERN: the tokenizer's own BOS; MINI: our demonstration suite, no BOS.
 * `dataSha256` names the data of each task and text that is asked for. Throws `PROTOCOL.INVALID`.
 */
export function createProtocol(
  request: ProtocolRequest & { readonly dataSha256: Readonly<Partial<Record<TaskName | PerplexityText, string>>> },
): Protocol {
  validateProtocolRequest(request);
  const { name, data, limit, dataSha256 } = request;
  const digestOf = (part: TaskName | PerplexityText): string => {
    const digest = dataSha256[part];
    if (digest === undefined) throw new Error(`the data of ${part} has no digest`);
    return digest;
  };
  const tasks = requestedTasks(request).map((task) =>
    Object.freeze({ name: task.name, headline: task.headline, shots: 0, dataSha256: digestOf(task.name) } as const),
  );
  const perplexity = requestedTexts(request).map((text) => perplexityProtocol(text, digestOf(text), limit));
  return Object.freeze({
    version: 1,
    name,
    data,
    tasks: Object.freeze(tasks),
    addBos: name === 'MODERN' ? 'tokenizer' : false,
    limit,
    harness: `lm_eval ${HARNESS_VERSION}`,
    dtype: 'float32',
    batchSize: 8,
    seed: 1234,
    ...(perplexity.length > 0 ? { perplexity: Object.freeze(perplexity) } : {}),
  });
}

/** Canonical JSON: what the id is the hash of. */
export const protocolJson = (protocol: Protocol): string => canonicalJson(protocol);

/** sha256 (hex) of the canonical JSON. */
export const protocolId = (protocol: Protocol): string =>
  createHash('sha256').update(protocolJson(protocol)).digest('hex');

/** One line for people: what a row under this protocol is, and is not. */
export function protocolLabel({ name, data, limit, addBos, tasks, perplexity = [] }: Protocol): string {
  const suite = { MINI: 'built-in demonstration suite', PAPER: 'the paper’s setup', MODERN: 'current defaults' }[name];
  const source = { BUILTIN: '', LOCAL: ' · local data', OFFICIAL: ' · hub data' }[data];
  const bos = addBos === false ? 'no BOS' : 'BOS as the tokenizer adds it';
  const titles = tasks.map((task) => taskOf(task.name)?.title ?? task.name).join(', ');
  const count =
    tasks.length === TASK_NAMES.length
      ? `${tasks.length} tasks`
      : `${tasks.length} of ${TASK_NAMES.length} tasks (${titles})`;
  const texts = perplexity
    .map(
      ({ task, segmentTokens }) => ` · perplexity of ${perplexityTextOf(task).title} in segments of ${segmentTokens}`,
    )
    .join('');
  return `${name} · ${suite}${source} · ${count}, zero-shot · ${bos}${texts}${limit === null ? '' : ` · partial: limit ${limit}`}`;
}
