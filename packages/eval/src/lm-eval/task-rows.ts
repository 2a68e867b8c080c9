import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { TaskName } from '../protocol/index.js';
import { taskDataInvalid, taskDataMissing } from './eval-errors.js';

const text = z.string().min(1);
const choiceSchema = z
  .object({ choices: z.object({ text: z.array(z.string()).min(2), label: z.array(z.string()) }), answerKey: text })
  .refine(
    ({ choices }) => choices.text.length === choices.label.length,
    'choices.text and choices.label differ in length',
  )
  .refine(({ choices, answerKey }) => choices.label.includes(answerKey.trim()), 'answerKey is none of choices.label');
const arcSchema = z.intersection(z.object({ question: text }), choiceSchema);

/** The fields that the stock task of the harness reads (lm-eval.md 3.2); others are left alone. */
const ROWS: Readonly<Record<TaskName, z.ZodType>> = {
  boolq: z.object({ passage: text, question: text, label: z.literal([0, 1]) }),
  piqa: z.object({ goal: z.string(), sol1: z.string(), sol2: z.string(), label: z.literal([0, 1]) }),
  hellaswag: z.object({
    activity_label: text,
    ctx_a: z.string(),
    ctx_b: z.string(),
    endings: z.array(z.string()).length(4),
    label: z.enum(['0', '1', '2', '3']),
  }),
  winogrande: z.object({
    sentence: text.includes('_', { error: 'the sentence has no blank "_"' }),
    option1: text,
    option2: text,
    answer: z.enum(['1', '2']),
  }),
  arc_easy: arcSchema,
  arc_challenge: arcSchema,
  openbookqa: z.intersection(z.object({ question_stem: text }), choiceSchema),
};

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Reads a task's JSON Lines file once: every line must be a question of the stock task. Returns the file's sha256 and its number of
 * questions. Throws `EVAL.TASK_DATA_MISSING` or `EVAL.TASK_DATA_INVALID`, which names the line.
 */
export async function inspectTaskFile(
  task: TaskName,
  file: string,
): Promise<{ readonly sha256: string; readonly count: number }> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw taskDataMissing(basename(file), error);
  });
  let count = 0;
  for (const line of bytes.toString('utf8').split('\n')) {
    if (!line.trim()) continue;
    count += 1;
    const value = parseLine(line);
    const reason = value === undefined ? 'it is not JSON' : ROWS[task].safeParse(value).error?.issues[0];
    if (reason === undefined) continue;
    const words = typeof reason === 'string' ? reason : `${reason.path.join('.') || 'the line'}: ${reason.message}`;
    throw taskDataInvalid(`question ${count} of ${basename(file)}, ${words}`);
  }
  if (count === 0) throw taskDataInvalid(`${basename(file)} holds no question`);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), count };
}
