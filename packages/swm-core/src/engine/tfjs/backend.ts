import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isCodedError } from '../../errors.js';
import type { Tensor, TensorOps, WeightLayout } from '../../model/tensor-ops.js';
import type { EngineInfo } from '../engine.js';
import { engineUnavailable, outOfMemory } from '../engine-errors.js';

export type TfjsBackendName = 'tensorflow' | 'wasm';

/** A loaded backend: its ops, the weight layout it is fast on, and what it is. */
export interface TfjsBackend {
  readonly tf: TensorOps;
  readonly layout: WeightLayout;
  readonly info: EngineInfo;
  /** Throws `ENGINE.OUT_OF_MEMORY` when an upload failed silently. */
  check(tensor: Tensor): void;
  /** Takes over a weight just made and gives it back where operations find it: a GPU's own memory, not the host's. */
  settle<T extends Tensor>(tensor: T): T;
  /** Bytes the backend can hold, or null where only the machine limits it. */
  readonly memoryLimitBytes: number | null;
  /** Runs `work` with this backend active, after whatever any session of this thread is doing. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** Ends when the last call of any session of this thread has ended; never rejects. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * All copies of tfjs-core in a thread share one engine object with one active backend, and awaits interleave: without turns, a
 * session's op could run on the other session's backend.
 */
function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => {});
  return turn;
}

const turnsOf =
  (tf: TensorOps, name: TfjsBackendName): TfjsBackend['inTurn'] =>
  (work) =>
    takeTurn(async () => {
      if (tf.getBackend() !== name) await tf.setBackend(name);
      return work();
    });

const here = createRequire(import.meta.url);

/** Node 23 removed two functions that the package calls; installed copies are patched, others get them here. */
function restoreUtilFunctions(require: NodeJS.Require): void {
  const util: Record<string, unknown> = require('node:util');
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/**
 * `@tensorflow/tfjs-node-gpu` (or, built without CUDA, the same package on the CPU) from a folder of its own, where
 * `npm run setup:engine` built it. The host process sets TF_CPP_MIN_LOG_LEVEL, TF_FORCE_GPU_ALLOW_GROWTH and
 * NVIDIA_TF32_OVERRIDE=0 (plain f32 in searches) before this.
 */
async function loadTensorflow(engineFolder: string): Promise<TfjsBackend> {
  const require = createRequire(join(engineFolder, 'package.json'));
  const name = '@tensorflow/tfjs-node-gpu';
  try {
    restoreUtilFunctions(require);
    const tf: TensorOps = require(name);
    if (!(await tf.setBackend('tensorflow'))) throw new Error('its backend did not start');
    const backend = tf.backend() as unknown as { readonly isUsingGpuDevice?: boolean }; // the node backend's own property
    const { version }: { version: string } = require(`${name}/package.json`);
    const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
    const info = { name: 'tfjs', backend: 'tensorflow', package: `${name}@${version}`, device, dtype: 'f32' } as const;
    return {
      tf,
      layout: 'out-in',
      info,
      check: () => {},
      settle: backend.isUsingGpuDevice ? (tensor) => moveToGpu(tf, tensor) : (tensor) => tensor,
      memoryLimitBytes: null,
      inTurn: turnsOf(tf, 'tensorflow'),
    };
  } catch (error) {
    if (isCodedError(error) && error.code.startsWith('ENGINE.')) throw error;
    throw engineUnavailable('tensorflow', firstLine(error), error);
  }
}

/**
 * A new tensor of this backend lies in the host's memory until its first use, and an operation on the GPU copies it there; the result
 * of an operation stays there. Weights are moved once, when they are loaded, and the host's copy is let go.
 */
function moveToGpu<T extends Tensor>(tf: TensorOps, tensor: T): T {
  const moved = tf.mul(tensor, 1) as T; // the same shape and type
  tensor.dispose();
  return moved;
}

/** A WebAssembly heap ends at 4 GB; XNNPACK keeps a second copy of each weight. */
const WASM_LIMIT_BYTES = 3.5e9;

interface WasmBackend {
  getMemoryOffset(dataId: object): number;
}

/** The backend that is always there: one thread, SIMD. */
async function loadWasm(): Promise<TfjsBackend> {
  const name = '@tensorflow/tfjs-backend-wasm';
  const tf: TensorOps = here('@tensorflow/tfjs-core');
  const { setWasmPaths }: { setWasmPaths(folder: string): void } = here(name);
  setWasmPaths(`${join(here.resolve(`${name}/package.json`), '..', 'wasm-out')}/`);
  if (!(await tf.setBackend('wasm'))) throw engineUnavailable('wasm', 'WebAssembly did not start');
  const { version }: { version: string } = here(`${name}/package.json`);
  const backend = tf.backend() as unknown as WasmBackend; // the wasm backend's own method
  const check = (tensor: Tensor) => {
    // At the heap's end malloc returns 0 without an error (engines.md 3); the next op would abort.
    if (backend.getMemoryOffset(tensor.dataId) === 0) throw outOfMemory('wasm', tf.memory().numBytes, WASM_LIMIT_BYTES);
  };
  const info = { name: 'tfjs', backend: 'wasm', package: `${name}@${version}`, device: 'cpu', dtype: 'f32' } as const;
  const settle: TfjsBackend['settle'] = (tensor) => tensor;
  return { tf, layout: 'in-out', info, check, settle, memoryLimitBytes: WASM_LIMIT_BYTES, inTurn: turnsOf(tf, 'wasm') };
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/**
 * Loads the backend asked for. `auto` prefers `tensorflow` and falls back to `wasm`, recording why in `info.fallbackReason`
 * (`unavailableReason` is what set-up found, more telling than a module that cannot be resolved). Never falls back when a
 * backend was named: throws `ENGINE.UNAVAILABLE`.
 */
export async function loadBackend(options: {
  readonly prefer: 'auto' | TfjsBackendName;
  readonly engineFolder: string;
  readonly unavailableReason?: string | undefined;
}): Promise<TfjsBackend> {
  const { prefer, engineFolder, unavailableReason } = options;
  if (prefer === 'wasm') return takeTurn(loadWasm);
  try {
    return await takeTurn(() => loadTensorflow(engineFolder));
  } catch (error) {
    if (prefer === 'tensorflow') throw error;
    const wasm = await takeTurn(loadWasm);
    return { ...wasm, info: { ...wasm.info, fallbackReason: unavailableReason ?? firstLine(error) } };
  }
}
