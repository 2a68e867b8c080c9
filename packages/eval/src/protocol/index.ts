export {
  PAPER_PERPLEXITY,
  PERPLEXITY_TEXTS,
  type PerplexityProtocol,
  type PerplexityText,
  perplexityProtocol,
  perplexityTextOf,
} from './perplexity-protocol.js';
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
  requestedTexts,
  validateProtocolRequest,
} from './protocol.js';
export { TASK_NAMES, TASKS, type TaskDescription, type TaskName, taskOf } from './task-catalogue.js';
export { type TaskProtocol, taskProtocolId, taskProtocolJson, taskProtocolsOf } from './task-protocol.js';
