export {
  createProtocol,
  HARNESS_VERSION,
  type Protocol,
  type ProtocolData,
  type ProtocolName,
  protocolId,
  protocolJson,
  protocolLabel,
  validateProtocolRequest,
} from './protocol.js';
export { TASK_NAMES, TASKS, type TaskDescription, type TaskName, taskOf } from './task-catalogue.js';
