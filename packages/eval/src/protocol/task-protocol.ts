import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import type { PerplexityProtocol } from './perplexity-protocol.js';
import type { Protocol } from './protocol.js';
import { type TaskName, taskOf } from './task-catalogue.js';

/**
 * What the score of one task means: everything that can move it, and nothing else. Not the other tasks, not the protocol's name, not
 * the folder its questions lie in: scores are known by (weights, task protocol), so that an added task runs alone.
 */
export interface TaskProtocol {
  readonly version: 1;
  readonly task: TaskName;
  /** Of the stock task in the harness. */
  readonly taskVersion: number;
  readonly metrics: readonly ('acc' | 'acc_norm')[];
  readonly shots: 0;
  /** sha256 of the JSON Lines file. */
  readonly dataSha256: string;
  readonly limit: number | null;
  readonly addBos: Protocol['addBos'];
  readonly harness: string;
  readonly dtype: Protocol['dtype'];
  readonly batchSize: number;
  readonly seed: number;
}

/** What each task of a protocol means by itself, in the protocol's order. */
export function taskProtocolsOf(protocol: Protocol): readonly TaskProtocol[] {
  const { limit, addBos, harness, dtype, batchSize, seed } = protocol;
  return protocol.tasks.map(({ name, shots, dataSha256 }) => {
    const task = taskOf(name);
    if (!task) throw new Error(`a protocol with the unknown task ${name}`);
    return Object.freeze({
      ...{ version: 1, task: name, taskVersion: task.version, metrics: task.metrics, shots, dataSha256 },
      ...{ limit, addBos, harness, dtype, batchSize, seed },
    } as const);
  });
}

/** Canonical JSON: what the id is the hash of. */
export const taskProtocolJson = (protocol: TaskProtocol | PerplexityProtocol): string => canonicalJson(protocol);

/** sha256 (hex) of the canonical JSON. */
export const taskProtocolId = (protocol: TaskProtocol | PerplexityProtocol): string =>
  createHash('sha256').update(taskProtocolJson(protocol)).digest('hex');
