import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Protocol, TaskName } from '../protocol/index.js';
import { TASKS } from '../protocol/index.js';

/** Where each stock task is defined, below the harness's tasks folder. */
const STOCK: Readonly<Record<TaskName, string>> = {
  boolq: 'super_glue/boolq/default.yaml',
  piqa: 'piqa/piqa.yaml',
  hellaswag: 'hellaswag/hellaswag.yaml',
  winogrande: 'winogrande/default.yaml',
  arc_easy: 'arc/arc_easy.yaml',
  arc_challenge: 'arc/arc_challenge.yaml',
  openbookqa: 'openbookqa/openbookqa.yaml',
};

/** A task's name in our runs: a stock name would be overridden with a warning. */
export const localName = (task: TaskName): string => `${task}_local`;

/** The file of a task; that one is missing is the caller's mistake. */
export function taskFileOf(files: Readonly<Partial<Record<TaskName, string>>>, task: TaskName): string {
  const file = files[task];
  if (file === undefined) throw new Error(`the file of ${task} was not given`);
  return file;
}

/** The stock task read from a local file: only where the data comes from is changed (lm-eval.md 3.2). */
function taskYaml(task: TaskName, split: 'validation' | 'test', stockFile: string, dataFile: string) {
  return {
    include: stockFile,
    task: localName(task),
    tag: null,
    dataset_path: 'json',
    dataset_name: null,
    dataset_kwargs: { data_files: { [split]: dataFile } },
    training_split: null,
    ...(split === 'test' ? { validation_split: null } : {}),
  };
}

export interface LmEvalCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly resultsFolder: string;
  /** The data sets' cache of this run alone. */
  readonly cacheFolder: string;
}

/**
 * Writes a private run folder (task YAMLs, run.yaml) and returns the call. Model and tasks go in as YAML mappings, never as strings
 * the harness would split (lm-eval.md 1.3).
 */
export async function writeLmEvalRun(options: {
  readonly runFolder: string;
  readonly modelFolder: string;
  readonly protocol: Protocol;
  readonly taskFiles: Readonly<Partial<Record<TaskName, string>>>;
  readonly tasksFolder: string;
  readonly device: string;
  readonly threads: number;
}): Promise<LmEvalCommand> {
  const { runFolder, modelFolder, protocol, taskFiles, tasksFolder, device, threads } = options;
  const tasks = TASKS.filter(({ name }) => protocol.tasks.some((task) => task.name === name));
  const yamlFolder = join(runFolder, 'tasks');
  const resultsFolder = join(runFolder, 'results');
  const cacheFolder = join(runFolder, 'hf');
  await mkdir(yamlFolder, { recursive: true });
  await mkdir(resultsFolder, { recursive: true });
  for (const { name, split } of tasks) {
    const yaml = taskYaml(name, split, join(tasksFolder, STOCK[name]), taskFileOf(taskFiles, name));
    await writeFile(join(yamlFolder, `${localName(name)}.yaml`), stringify(yaml));
  }
  const config = {
    model: 'hf',
    model_args: {
      pretrained: modelFolder,
      dtype: protocol.dtype,
      trust_remote_code: false,
      ...(protocol.addBos === false ? { add_bos_token: false } : {}),
    },
    tasks: tasks.map(({ name }) => localName(name)),
    include_path: yamlFolder,
    batch_size: protocol.batchSize,
    device,
    ...(protocol.limit === null ? {} : { limit: protocol.limit }),
    output_path: resultsFolder,
    log_samples: true,
    seed: [0, protocol.seed, protocol.seed, protocol.seed],
  };
  const configFile = join(runFolder, 'run.yaml');
  await writeFile(configFile, stringify(config));
  return {
    args: ['-m', 'lm_eval', 'run', '--config', configFile],
    cwd: runFolder,
    resultsFolder,
    cacheFolder,
    env: {
      PYTHONUNBUFFERED: '1',
      PYTHONNOUSERSITE: '1',
      PYTHONUTF8: '1',
      HF_HOME: cacheFolder,
      HF_HUB_OFFLINE: '1',
      HF_DATASETS_OFFLINE: '1',
      TRANSFORMERS_OFFLINE: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
      TOKENIZERS_PARALLELISM: 'false',
      TQDM_MININTERVAL: '1',
      DISABLE_MULTIPROC: '1',
      OMP_NUM_THREADS: String(threads),
    },
  };
}
