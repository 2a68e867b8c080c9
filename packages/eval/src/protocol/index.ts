export {
  createProtocol,
  HARNESS_VERSION,
  type Protocol,
  type ProtocolData,
  type ProtocolName,
  type ProtocolRequest,
  protocolId,
  protocolJson,
  protocolLabel,
  requestedTasks,
  validateProtocolRequest,
} from './protocol.js';
export { TASK_NAMES, TASKS, type TaskDescription, type TaskName, taskOf } from './task-catalogue.js';
export { type TaskProtocol, taskProtocolId, taskProtocolJson, taskProtocolsOf } from './task-protocol.js';
