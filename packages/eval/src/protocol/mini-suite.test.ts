import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const TASKS = new URL('../../tasks/', import.meta.url);
const LETTERS = ['A', 'B', 'C', 'D'];

/** What every mini task is reduced to: one question, its choices and the position of the right one. */
interface Item {
  question: string;
  choices: string[];
  gold: number;
}

const text = z
  .string()
  .min(1)
  .refine((value) => value === value.trim() && !/\s{2}/.test(value), 'stray white space');
const fourTexts = z.tuple([text, text, text, text]);
const letterChoices = z.strictObject({
  text: fourTexts,
  label: z.tuple([z.literal('A'), z.literal('B'), z.literal('C'), z.literal('D')]),
});
const letter = z.enum(['A', 'B', 'C', 'D']).transform((value) => LETTERS.indexOf(value));

const arc = z.strictObject({ id: text, question: text, choices: letterChoices, answerKey: letter }).transform(
  (row): Item => ({
    question: row.question,
    choices: row.choices.text,
    gold: row.answerKey,
  }),
);

/** One reader a task: the exact field layout that the stock lm-eval YAML reads, turned into an `Item`. */
const READERS = {
  boolq: z
    .strictObject({
      passage: text.regex(/ -- /),
      question: text.regex(/[^?]$/),
      label: z.int().min(0).max(1),
      idx: z.int().nonnegative(),
    })
    .transform((row): Item => ({ question: row.question, choices: ['no', 'yes'], gold: row.label })),
  piqa: z.strictObject({ goal: text, sol1: text, sol2: text, label: z.int().min(0).max(1) }).transform(
    (row): Item => ({
      question: row.goal,
      choices: [row.sol1, row.sol2],
      gold: row.label,
    }),
  ),
  hellaswag: z
    .strictObject({
      activity_label: text,
      ctx_a: text,
      ctx_b: text,
      ctx: text,
      endings: fourTexts,
      label: z.enum(['0', '1', '2', '3']),
    })
    .refine(
      (row) => normalise(row.ctx) === normalise(`${row.ctx_a} ${row.ctx_b}`),
      'ctx is not ctx_a followed by ctx_b',
    )
    .transform((row): Item => ({ question: row.ctx, choices: row.endings, gold: Number(row.label) })),
  winogrande: z
    .strictObject({
      sentence: text.regex(/^[^_]+_[^_]+$/, 'exactly one blank, with text on both sides'),
      option1: text,
      option2: text,
      answer: z.enum(['1', '2']),
    })
    .transform(
      (row): Item => ({
        question: row.sentence,
        choices: [row.option1, row.option2],
        gold: Number(row.answer) - 1,
      }),
    ),
  arc_easy: arc,
  arc_challenge: arc,
  openbookqa: z.strictObject({ id: text, question_stem: text, choices: letterChoices, answerKey: letter }).transform(
    (row): Item => ({
      question: row.question_stem,
      choices: row.choices.text,
      gold: row.answerKey,
    }),
  ),
} satisfies Record<string, z.ZodType<Item>>;

function readRows(path: string): unknown[] {
  const lines = readFileSync(new URL(path, TASKS), 'utf8').trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

function readItems(task: keyof typeof READERS): Item[] {
  return readRows(`mini/${task}.jsonl`).map((row) => READERS[task].parse(row));
}

/** Lower case, letters and digits only: two spellings of one question become equal. */
function normalise(value: string): string {
  return value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

function countWords(value: string): number {
  return value.split(/\s+/).filter(Boolean).length;
}

/** Tasks in which each choice is the right answer of one item and a wrong one of its neighbours. */
const COUNTERBALANCED = [
  'boolq',
  'piqa',
  'hellaswag',
  'winogrande',
  'arc_easy',
  'arc_challenge',
  'openbookqa',
] as const;

// Object.keys() is typed string[]; READERS is a literal above, so these are exactly its keys.
const taskNames = Object.keys(READERS) as (keyof typeof READERS)[];

describe.each(taskNames)('mini %s', (task) => {
  const items = readItems(task);

  test('has at least 30 items of the layout lm-eval reads, with distinct choices', () => {
    expect(items.length).toBeGreaterThanOrEqual(30);
    for (const item of items) expect(new Set(item.choices.map(normalise)).size).toBe(item.choices.length);
  });

  test('spreads the right answer evenly over the positions', () => {
    const positions = task === 'boolq' || task === 'piqa' || task === 'winogrande' ? 2 : 4;
    const [low, high] = positions === 2 ? [0.35, 0.65] : [0.15, 0.35];
    for (let position = 0; position < positions; position++) {
      const share = items.filter((item) => item.gold === position).length / items.length;
      expect(share, `position ${position}`).toBeGreaterThanOrEqual(low);
      expect(share, `position ${position}`).toBeLessThanOrEqual(high);
    }
  });
});

// Why a model that looks only at the choices (their length, a favourite word, random weights) lands on chance.
test.each(COUNTERBALANCED)('mini %s makes every choice right exactly as often as chance would', (task) => {
  const items = readItems(task);
  const offered = items.flatMap((item) => item.choices);
  const right = items.map((item) => item.choices[item.gold]);
  for (const choice of new Set(offered)) {
    const timesOffered = offered.filter((other) => other === choice).length;
    const timesRight = right.filter((other) => other === choice).length;
    expect(timesRight / timesOffered, choice).toBe(1 / (items[0]?.choices.length ?? 0));
  }
});

describe('the suite as a whole', () => {
  test('asks no question twice', () => {
    const questions = taskNames.flatMap((task) => readItems(task).map((item) => normalise(item.question)));
    const repeated = questions.filter((question, index) => questions.indexOf(question) !== index);
    expect(repeated).toEqual([]);
  });

  test('gives every id and BoolQ index once', () => {
    const ids = ['arc_easy', 'arc_challenge', 'openbookqa'].flatMap((task) =>
      readRows(`mini/${task}.jsonl`).map((row) => z.object({ id: z.string() }).parse(row).id),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const indices = readRows('mini/boolq.jsonl').map((row) => z.object({ idx: z.int() }).parse(row).idx);
    expect(indices).toEqual(indices.map((_, position) => position));
  });
});

describe('calibration text', () => {
  const documents = readRows('calibration/builtin.jsonl').map((row) =>
    z.strictObject({ title: text, text }).parse(row),
  );

  test('has at least 20 documents of at least 150 words', () => {
    expect(documents.length).toBeGreaterThanOrEqual(20);
    for (const document of documents) expect(countWords(document.text), document.title).toBeGreaterThanOrEqual(150);
  });

  test('repeats no document, no title and no sentence', () => {
    const sentences = documents.flatMap((document) => document.text.split(/(?<=[.?!])\s+/)).map(normalise);
    const long = sentences.filter((sentence) => countWords(sentence) >= 5);
    expect(new Set(long).size).toBe(long.length);
    expect(new Set(documents.map((document) => normalise(document.title))).size).toBe(documents.length);
  });

  test('shares no sentence with the questions it must not leak', () => {
    const prose = documents.map((document) => normalise(document.text)).join(' ');
    for (const task of taskNames)
      for (const item of readItems(task)) expect(prose).not.toContain(normalise(item.question));
  });
});
