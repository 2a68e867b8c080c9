import { type TaskProtocol, taskProtocolId, taskProtocolJson } from '@swm/eval';
import type { TaskProtocolRecord } from './stage.js';

/** What one task's score means, as it is stored. */
export const taskProtocolRecord = (protocol: TaskProtocol): TaskProtocolRecord => ({
  id: taskProtocolId(protocol),
  task: protocol.task,
  json: JSON.parse(taskProtocolJson(protocol)),
});
