import { isCodedError } from '@swm/core/errors';
import { z } from 'zod';
import { type RunResult, runProcess } from '../process/run.js';
import { HARNESS_VERSION } from '../protocol/index.js';
import { errorOfRun, moduleMissing, pythonMissing, versionMismatch } from './eval-errors.js';

const factsSchema = z.object({
  tasksFolder: z.string().nullable(),
  versions: z.record(z.string(), z.string().nullable()),
});

/** What the Python environment holds: versions of the packages that matter, and where the harness keeps its tasks. */
export type PythonFacts = { readonly tasksFolder: string; readonly versions: Readonly<Record<string, string>> };

// find_spec and metadata import nothing heavy: this takes a tenth of a second.
const SCRIPT = `import importlib.metadata as m, importlib.util as u, json, os
def v(p):
    try: return m.version(p)
    except m.PackageNotFoundError: return None
s = u.find_spec("lm_eval")
t = os.path.join(list(s.submodule_search_locations)[0], "tasks") if s else None
print(json.dumps({"tasksFolder": t, "versions": {p: v(p) for p in ["lm_eval", "torch", "transformers", "datasets", "accelerate", "peft"]}}))`;

function parseFacts(text: string): z.infer<typeof factsSchema> {
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch (error) {
    // Some other program stands where Python should.
    throw pythonMissing(error);
  }
}

/** Looks into the environment. Throws `EVAL.PYTHON_MISSING`, `EVAL.MODULE_MISSING` or `EVAL.VERSION_MISMATCH`. */
export async function readPythonFacts(options: {
  readonly python: string;
  readonly runId: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<PythonFacts> {
  const lines: string[] = [];
  let run: RunResult;
  try {
    run = await runProcess({
      file: options.python,
      args: ['-c', SCRIPT],
      cwd: '/',
      env: {},
      runId: options.runId,
      signal: options.signal,
      onLine: (line, stream) => stream === 'stdout' && lines.push(line),
    });
  } catch (error) {
    throw isCodedError(error) && error.code === 'PROCESS.NOT_FOUND' ? pythonMissing(error) : error;
  }
  options.signal?.throwIfAborted();
  if (run.exitCode !== 0) throw errorOfRun(run);
  const { tasksFolder, versions } = parseFacts(lines.join('\n'));
  for (const [name, version] of Object.entries(versions)) if (version === null) throw moduleMissing(name);
  const harness = versions.lm_eval ?? '';
  if (tasksFolder === null) throw moduleMissing('lm_eval');
  if (harness !== HARNESS_VERSION) throw versionMismatch('lm_eval', harness, HARNESS_VERSION);
  return {
    tasksFolder,
    versions: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, version ?? ''])),
  };
}
