import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// An independent run of lm-evaluation-harness: own YAML, own command line, own reading of what it wrote. Nothing of ours is imported.

const STOCK = {
  boolq: ['super_glue/boolq/default.yaml', 'validation'],
  piqa: ['piqa/piqa.yaml', 'validation'],
  hellaswag: ['hellaswag/hellaswag.yaml', 'validation'],
  winogrande: ['winogrande/default.yaml', 'validation'],
  arc_easy: ['arc/arc_easy.yaml', 'test'],
  arc_challenge: ['arc/arc_challenge.yaml', 'test'],
  openbookqa: ['openbookqa/openbookqa.yaml', 'test'],
} as const;

/** Figures of one task as the results file has them, and each question's log-likelihoods. */
export interface ReferenceTask {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly questions: readonly { readonly logLikelihoods: readonly number[]; readonly acc: number }[];
}

/** Runs the seven tasks on `dataFolder`, no BOS, float32 on the CPU, batches of 8; by task name. */
export function runReference(options: {
  readonly python: string;
  readonly modelFolder: string;
  readonly dataFolder: string;
  readonly workFolder: string;
  readonly threads: number;
}): Readonly<Record<string, ReferenceTask>> {
  const { python, modelFolder, dataFolder, workFolder, threads } = options;
  const tasks = join(workFolder, 'yaml');
  mkdirSync(tasks, { recursive: true });
  const packageFolder = execFileSync(
    python,
    ['-c', 'import importlib.util as u; print(list(u.find_spec("lm_eval").submodule_search_locations)[0])'],
    { encoding: 'utf8' },
  ).trim();
  for (const [name, [stock, split]] of Object.entries(STOCK)) {
    const lines = [
      `include: ${packageFolder}/tasks/${stock}`,
      `task: ref_${name}`,
      'tag: null',
      'dataset_path: json',
      'dataset_name: null',
      `dataset_kwargs: {data_files: {${split}: "${dataFolder}/${name}.jsonl"}}`,
      'training_split: null',
      ...(split === 'test' ? ['validation_split: null'] : []),
    ];
    writeFileSync(join(tasks, `${name}.yaml`), `${lines.join('\n')}\n`);
  }
  const offline = { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };
  const modelArgs = JSON.stringify({ pretrained: modelFolder, dtype: 'float32', add_bos_token: false });
  const out = join(workFolder, 'out');
  execFileSync(
    python,
    [
      ...['-m', 'lm_eval', 'run', '--model', 'hf', '--model_args', modelArgs, '--include_path', tasks],
      ...[
        '--tasks',
        Object.keys(STOCK)
          .map((name) => `ref_${name}`)
          .join(','),
      ],
      ...['--batch_size', '8', '--device', 'cpu', '--output_path', out, '--log_samples'],
    ],
    {
      cwd: workFolder,
      stdio: 'pipe',
      env: {
        ...{ PATH: process.env.PATH, HOME: workFolder, HF_HOME: join(workFolder, 'hf'), ...offline },
        ...{ OMP_NUM_THREADS: String(threads), TOKENIZERS_PARALLELISM: 'false' },
      },
    },
  );
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((file) => join(out, file));
  const only = (pattern: RegExp) => {
    const found = files.filter((file) => pattern.test(file));
    if (found.length !== 1) throw new Error(`${found.length} files are ${pattern}`);
    return readFileSync(found[0] ?? '', 'utf8');
  };
  const results = JSON.parse(only(/\/results_[^/]*\.json$/));
  return Object.fromEntries(
    Object.keys(STOCK).map((name) => {
      const questions = only(new RegExp(`/samples_ref_${name}_2[^/]*\\.jsonl$`))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .sort((a, b) => a.doc_id - b.doc_id)
        .map(({ resps, acc }) => ({ acc, logLikelihoods: resps.map(([[text]]: [[string]]) => Number(text)) }));
      const count = results['n-samples'][`ref_${name}`].effective;
      return [name, { figures: results.results[`ref_${name}`], count, questions }];
    }),
  );
}
