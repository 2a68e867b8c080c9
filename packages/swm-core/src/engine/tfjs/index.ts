import type { Engine } from '../engine.js';
import { loadBackend, type TfjsBackendName } from './backend.js';
import { TfjsSession } from './session.js';

export { loadBackend, type TfjsBackend, type TfjsBackendName } from './backend.js';
export { TfjsSession } from './session.js';

/** The TensorFlow.js engine on the backend asked for; `auto` never fails where WebAssembly runs. */
export async function createTfjsEngine(options: {
  readonly prefer: 'auto' | TfjsBackendName;
  readonly engineFolder: string;
  readonly unavailableReason?: string | undefined;
}): Promise<Engine> {
  const backend = await loadBackend(options);
  return { info: backend.info, open: (source, tokenIds) => TfjsSession.open(backend, source, tokenIds) };
}
