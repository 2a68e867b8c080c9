import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { CodedError } from '@swm/core/errors';
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);

const schema = z.object({
  DATABASE_URL: z.string().optional(),
  SWM_HOME: z
    .string()
    .default('.swm')
    .transform((path) => resolve(path)),
  SWM_API_PORT: port(4000),
  SWM_WEB_PORT: port(3000),
  /** Bound to this machine alone unless told otherwise. */
  SWM_API_HOST: z.string().default('127.0.0.1'),
  /** Where others reach the API, when that is not 127.0.0.1: its host name is answered, too. */
  SWM_API_URL: z.url().optional(),
  SWM_TASK_DATA: z
    .string()
    .optional()
    .transform((path) => path && resolve(path)),
  SWM_PYTHON: z.string().optional(),
  SWM_ENGINE: z.enum(['auto', 'tensorflow', 'wasm', 'torch']).default('auto'),
  /** Number format of the torch engine. */
  SWM_TORCH_DTYPE: z.enum(['f32', 'bf16', 'f16']).default('f32'),
  /** Memory that models may take which stay open between questions about plans; by default a quarter of the machine's. */
  SWM_WARM_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(() => Math.floor(totalmem() / 4)),
  /** How long such a model stays open when nobody asks. */
  SWM_WARM_IDLE_SECONDS: z.coerce.number().min(1).max(86_400).default(600),
  /** What becomes of a checkpoint's folder once its experiment is published: `discard` removes it, the plan exports it again. */
  SWM_CHECKPOINTS: z.enum(['keep', 'discard']).default('keep'),
  /** Gigabytes of checkpoints each team may have. */
  SWM_TEAM_QUOTA_GB: z.coerce.number().positive().optional(),
  /** Where the compiled TensorFlow.js lies; tests share one. */
  SWM_ENGINE_FOLDER: z.string().optional(),
});

/** `INPUT.ENV_INVALID`: an environment variable that cannot be what it is set to. Its value, perhaps a secret, is not told. */
const invalidEnv = (names: readonly string[]): CodedError =>
  new CodedError({
    code: 'INPUT.ENV_INVALID',
    message: `The environment variable ${names.join(', ')} cannot be used as it is set.`,
    fix: 'Ports are whole numbers from 1 to 65535, SWM_API_URL is an address, SWM_ENGINE is auto, tensorflow, wasm or torch, SWM_TORCH_DTYPE is f32, bf16 or f16, SWM_WARM_BYTES and SWM_WARM_IDLE_SECONDS are numbers from 1, SWM_CHECKPOINTS is keep or discard, SWM_TEAM_QUOTA_GB is a number above 0.',
  });

/** The environment of the API and the worker, parsed once; the only reader of process.env in the server. Empty is unset. */
export function readEnv(variables: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw invalidEnv(parsed.error.issues.map(({ path }) => path.join('.')));
  const env = parsed.data;
  return {
    databaseUrl: env.DATABASE_URL,
    swmHome: env.SWM_HOME,
    apiHost: env.SWM_API_HOST,
    apiPort: env.SWM_API_PORT,
    webPort: env.SWM_WEB_PORT,
    allowedHosts: [
      ...['127.0.0.1', 'localhost', '[::1]', env.SWM_API_HOST],
      ...(env.SWM_API_URL ? [new URL(env.SWM_API_URL).hostname] : []),
    ],
    taskDataFolder: env.SWM_TASK_DATA,
    python: env.SWM_PYTHON ?? resolve(env.SWM_HOME, 'python', 'bin', 'python'),
    engine: env.SWM_ENGINE,
    torchDtype: env.SWM_TORCH_DTYPE,
    warmBytes: env.SWM_WARM_BYTES,
    warmIdleSeconds: env.SWM_WARM_IDLE_SECONDS,
    retention: env.SWM_CHECKPOINTS,
    teamQuotaBytes: env.SWM_TEAM_QUOTA_GB === undefined ? null : env.SWM_TEAM_QUOTA_GB * 1e9,
    engineFolder: env.SWM_ENGINE_FOLDER ?? resolve(env.SWM_HOME, 'engine'),
  };
}

export type Env = ReturnType<typeof readEnv>;
