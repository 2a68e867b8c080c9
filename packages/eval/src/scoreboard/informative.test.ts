import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASKS, type TaskName } from '../protocol/index.js';
import {
  chanceCorrected,
  chanceCorrectedMean,
  informativeMean,
  isInformative,
  majorityRate,
  meanScore,
  seededRandom,
  type TaskScore,
} from './index.js';

/** Right choices as in the official data: BoolQ says yes in 62 % of its questions, the others are almost even. */
function goldOf(random: () => number): ReadonlyMap<TaskName, Uint8Array> {
  return new Map(
    TASKS.map(({ name, officialCount, chance }) => [
      name,
      Uint8Array.from({ length: officialCount }, () =>
        name === 'boolq' ? Number(random() < 0.62) : Math.floor(random() / chance),
      ),
    ]),
  );
}

const score = (task: string, predicted: Uint8Array, gold: Uint8Array): TaskScore => {
  const value = gold.filter((choice, at) => choice === predicted[at]).length / gold.length;
  return { task, value, stderr: Math.sqrt((value * (1 - value)) / gold.length) };
};

/** The choice that is right most often. */
const commonest = (gold: Uint8Array): number =>
  [0, 1, 2, 3].reduce((best, choice) => {
    const count = (of: number) => gold.filter((other) => other === of).length;
    return count(choice) > count(best) ? choice : best;
  }, 0);

describe('means that do not lie', () => {
  const random = seededRandom(62);
  const gold = goldOf(random);
  const labels = (task: TaskName) => gold.get(task) ?? new Uint8Array();
  const majorities = new Map(TASKS.map(({ name }) => [name, majorityRate(labels(name)) ?? Number.NaN]));
  /** Right with this probability, else another choice. */
  const answers = (task: TaskName, accuracy: number) =>
    labels(task).map((choice) => (random() < accuracy ? choice : choice === 0 ? 1 : 0));
  // A small dense model: 41 % on BoolQ, 60 % elsewhere. Pruning breaks it into always giving the commonest answer.
  const dense = TASKS.map(({ name }) => score(name, answers(name, name === 'boolq' ? 0.41 : 0.6), labels(name)));
  const guessing = TASKS.map(({ name }) =>
    score(name, new Uint8Array(labels(name).length).fill(commonest(labels(name))), labels(name)),
  );
  const informative = new Map(
    TASKS.map(({ name, officialCount }) => {
      const value = dense.find(({ task }) => task === name)?.value ?? Number.NaN;
      return [name, isInformative(value, officialCount, majorities.get(name) ?? Number.NaN)];
    }),
  );

  it('knows what always giving the commonest answer scores', () => {
    expect(guessing.map(({ value }) => value)).toEqual(TASKS.map(({ name }) => majorities.get(name)));
    expect(majorities.get('boolq')).toBeCloseTo(0.62, 1);
    expect(majorityRate([1, 1, 0, 3])).toBe(0.5);
    expect(majorityRate([])).toBeNull();
  });

  it('marks the task that the dense model does not master, and it alone', () => {
    expect([...informative].filter(([, isInformed]) => !isInformed).map(([task]) => task)).toEqual(['boolq']);
  });

  it('marks every task of a model that gives the commonest answer', () => {
    for (const [index, { name, officialCount }] of TASKS.entries())
      expect(isInformative(guessing[index]?.value ?? 1, officialCount, majorities.get(name) ?? 0)).toBe(false);
  });

  it('does not rise when a model breaks into one answer on a task it never mastered', () => {
    const names = TASKS.map(({ name }) => name);
    const broken = dense.map((task, index) => (task.task === 'boolq' ? (guessing[index] ?? task) : task));
    const plain = (scores: readonly TaskScore[]) => meanScore(scores, names)?.mean ?? Number.NaN;
    expect(plain(broken)).toBeGreaterThan(plain(dense) + 0.02);
    expect(informativeMean(broken, informative)).toBe(informativeMean(dense, informative));
    expect(informativeMean(dense, informative)).toBeCloseTo(0.6, 1);
  });

  it('gives guessing nothing: about 0 with even labels, only BoolQ’s imbalance above', () => {
    const corrected = chanceCorrectedMean(guessing, TASKS) ?? Number.NaN;
    const plain = meanScore(
      guessing,
      TASKS.map(({ name }) => name),
    );
    expect(plain?.mean).toBeGreaterThan(0.38);
    expect(corrected).toBeLessThan(0.06);
    const even = TASKS.map(({ name, chance }) => ({ task: name, value: chance }));
    expect(chanceCorrectedMean(even, TASKS)).toBe(0);
  });

  it('has no mean of some tasks only', () => {
    const none = (value: boolean | null) => new Map(TASKS.map(({ name }) => [name, value]));
    expect(informativeMean(dense, none(true))).toBeNull();
    expect(informativeMean(dense, none(false))).toBeNull();
    expect(informativeMean(dense, new Map([...none(false), ['piqa', null]]))).toBeNull();
    expect(informativeMean(dense.slice(0, 2), informative)).toBeNull();
    expect(informativeMean(dense, new Map())).toBeNull();
    expect(chanceCorrectedMean(dense.slice(1), TASKS)).toBeNull();
    expect(chanceCorrectedMean([], [])).toBeNull();
  });

  it.each([
    [Number.NaN, 0.25],
    [1.5, 0.25],
    [0.5, 1],
    [0.5, Number.NaN],
  ])('refuses %d with chance %d', (value, chance) => {
    expect(() => chanceCorrected('a', value, chance)).toThrow(expect.objectContaining({ code: 'SCORE.INVALID' }));
  });

  it('runs from guessing to perfect', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.9, noNaN: true }), (chance) => {
        expect(chanceCorrected('a', chance, chance)).toBe(0);
        expect(chanceCorrected('a', 1, chance)).toBeCloseTo(1, 12);
      }),
    );
  });
});
