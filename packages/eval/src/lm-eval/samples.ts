import { z } from 'zod';
import { type TaskName, taskOf } from '../protocol/index.js';
import { badResults, nonFiniteScores, partialResults } from './eval-errors.js';
import { NON_FINITE, parsePythonJson } from './python-json.js';

/** Per-question outcomes of one task, packed; questions in the order of the data. */
export interface TaskItems {
  readonly task: TaskName;
  readonly n: number;
  /** By acc: bit i (least significant first) is set when question i is answered rightly. */
  readonly correct: Uint8Array;
  /** By acc_norm; null for a task without it. */
  readonly correctNorm: Uint8Array | null;
  /** Choices of each question. */
  readonly choiceCounts: Uint8Array;
  /** Right choice of each question. */
  readonly gold: Uint8Array;
  /** Choice of the highest log-likelihood of each question, the first of equals. */
  readonly predicted: Uint8Array;
  /** Summed log-likelihood of each choice, questions in order. Nats. */
  readonly logLikelihoods: Float32Array;
}

const rowSchema = z.object({
  doc_id: z.int().min(0),
  doc: z.record(z.string(), z.unknown()),
  target: z.union([z.string(), z.int()]),
  arguments: z.record(z.string(), z.object({ arg_1: z.string() })),
  resps: z
    .array(z.array(z.tuple([z.string(), z.string()])).length(1))
    .min(2)
    .max(255),
  acc: z.literal([0, 1]),
  acc_norm: z.literal([0, 1]).optional(),
});

interface Question {
  readonly logLikelihoods: readonly number[];
  readonly gold: number;
  readonly predicted: number;
  readonly isCorrect: boolean;
  readonly isCorrectNorm: boolean | undefined;
}

/** Index of the greatest; the first of equals, as numpy's argmax. */
const argmax = (values: readonly number[]): number =>
  values.reduce((best, value, index) => (value > (values[best] ?? Number.NEGATIVE_INFINITY) ? index : best), 0);

function packBits(bits: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return packed;
}

/** Right choice. WinoGrande puts the text that both choices share into `target`; its data says "1" or "2". */
const goldOf = (task: TaskName, row: z.infer<typeof rowSchema>): number =>
  task === 'winogrande' ? Number(row.doc.answer) - 1 : Number(row.target);

function parseRow(line: string, task: TaskName): z.infer<typeof rowSchema> {
  let value: unknown;
  try {
    value = parsePythonJson(line);
  } catch (error) {
    throw badResults(`a question of ${task} is not JSON`, error);
  }
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) throw badResults(`a question of ${task} cannot be read`, parsed.error);
  return parsed.data;
}

/**
 * One question, judged anew: acc is the highest log-likelihood, acc_norm the highest one a character of the choice (without the blank
 * before it). Where that is not what the harness says, we do not understand its file.
 */
function readQuestion(task: TaskName, row: z.infer<typeof rowSchema>): Question {
  const texts = row.resps.map(([response]) => response?.[0] ?? '');
  if (texts.some((text) => /nan|inf/i.test(text) || NON_FINITE.test(text)))
    throw nonFiniteScores(`log-likelihoods of ${task}`);
  const logLikelihoods = texts.map(Number);
  if (texts.some((text) => text.trim() === '') || !logLikelihoods.every(Number.isFinite))
    throw badResults(`question ${row.doc_id} of ${task} has a log-likelihood that is no number`);
  const gold = goldOf(task, row);
  const predicted = argmax(logLikelihoods);
  const lengths = texts.map((_, index) => [...(row.arguments[`gen_args_${index}`]?.arg_1 ?? '')].length - 1);
  const predictedNorm = argmax(logLikelihoods.map((value, index) => value / (lengths[index] ?? Number.NaN)));
  const isCorrect = row.acc === 1;
  const isCorrectNorm = row.acc_norm === undefined ? undefined : row.acc_norm === 1;
  const agrees =
    Number.isInteger(gold) &&
    gold >= 0 &&
    gold < texts.length &&
    isCorrect === (predicted === gold) &&
    (isCorrectNorm === undefined || isCorrectNorm === (predictedNorm === gold));
  if (!agrees) throw badResults(`question ${row.doc_id} of ${task} is not judged by its log-likelihoods`);
  return { logLikelihoods, gold, predicted, isCorrect, isCorrectNorm };
}

/**
 * Reads a samples_*.jsonl of the harness: the first n questions of the data, each once, with the judgement checked against the
 * log-likelihoods. Throws `EVAL.BAD_RESULTS`, `EVAL.PARTIAL` or `EVAL.NON_FINITE`.
 */
export function readSamples(text: string, task: TaskName): TaskItems {
  const rows = text
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => parseRow(line, task))
    .sort((a, b) => a.doc_id - b.doc_id);
  if (rows.some((row, index) => row.doc_id !== index))
    throw partialResults(`questions of ${task} are missing or repeated`);
  const questions = rows.map((row) => readQuestion(task, row));
  const norms = questions.flatMap(({ isCorrectNorm }) => (isCorrectNorm === undefined ? [] : [isCorrectNorm]));
  const hasNorm = taskOf(task)?.metrics.includes('acc_norm') ?? false;
  if (hasNorm && norms.length !== rows.length) throw badResults(`acc_norm is missing in questions of ${task}`);
  return {
    task,
    n: rows.length,
    correct: packBits(questions.map(({ isCorrect }) => isCorrect)),
    correctNorm: hasNorm ? packBits(norms) : null,
    choiceCounts: Uint8Array.from(questions, ({ logLikelihoods }) => logLikelihoods.length),
    gold: Uint8Array.from(questions, ({ gold }) => gold),
    predicted: Uint8Array.from(questions, ({ predicted }) => predicted),
    logLikelihoods: Float32Array.from(questions.flatMap(({ logLikelihoods }) => [...logLikelihoods])),
  };
}
