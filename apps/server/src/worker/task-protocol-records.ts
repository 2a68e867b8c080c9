import {
  type PerplexityProtocol,
  type Protocol,
  type TaskProtocol,
  taskProtocolId,
  taskProtocolJson,
  taskProtocolsOf,
} from '@swm/eval';
import type { TaskProtocolRecord } from './stage.js';

const record = (protocol: TaskProtocol | PerplexityProtocol): TaskProtocolRecord => ({
  id: taskProtocolId(protocol),
  task: protocol.task,
  json: JSON.parse(taskProtocolJson(protocol)),
});

/** What each task and each perplexity of a protocol means, as it is stored. */
export const taskProtocolRecords = (protocol: Protocol): readonly TaskProtocolRecord[] =>
  [...taskProtocolsOf(protocol), ...(protocol.perplexity ?? [])].map(record);
