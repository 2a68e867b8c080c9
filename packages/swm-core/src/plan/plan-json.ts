import { createPlan, invalidPlan } from './create-plan.js';
import type { LayerPlan, LayerRecipe, MergeRule, MergeRuleName } from './layer-plan.js';

/** Canonical JSON (RFC 8785: sorted keys, ECMAScript numbers), defaults written out. What `planId` hashes. */
export function planJson(plan: LayerPlan): string {
  const recipes = plan.recipes.map(({ kind, first, last }) => ({ first, kind, last }));
  const { factor, name, sideFrom } = plan.rule;
  return JSON.stringify({ recipes, rule: { factor, name, sideFrom }, sourceDepth: plan.sourceDepth, version: 1 });
}

const RULE_NAMES: readonly MergeRuleName[] = ['replace-top', 'sum-of-differences', 'mean', 'keep-low', 'keep-top'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function onlyKeys(value: Readonly<Record<string, unknown>>, keys: readonly string[], what: string): void {
  const extra = Object.keys(value).find((key) => !keys.includes(key));
  if (extra !== undefined) throw invalidPlan(`${what} has no field "${extra.slice(0, 40)}".`);
}

function readRule(value: unknown): MergeRule {
  if (!isObject(value)) throw invalidPlan('A plan names its merge rule.');
  onlyKeys(value, ['name', 'factor', 'sideFrom'], 'A merge rule');
  const name = RULE_NAMES.find((rule) => rule === value.name);
  if (name === undefined) throw invalidPlan(`The merge rule is one of ${RULE_NAMES.join(', ')}.`);
  const { factor, sideFrom } = value;
  if (typeof factor !== 'number') throw invalidPlan('The factor of a merge rule is a number.');
  if (sideFrom !== 'low' && sideFrom !== 'top') throw invalidPlan('sideFrom is "low" or "top".');
  return { name, factor, sideFrom };
}

function readRecipe(value: unknown): LayerRecipe {
  if (!isObject(value)) throw invalidPlan('A recipe is an object { kind, first, last }.');
  onlyKeys(value, ['kind', 'first', 'last'], 'A recipe');
  const { kind, first, last } = value;
  if (kind !== 'keep' && kind !== 'merge' && kind !== 'drop') throw invalidPlan('A recipe is keep, merge or drop.');
  if (typeof first !== 'number' || typeof last !== 'number') throw invalidPlan('first and last are layer numbers.');
  return { kind, first, last };
}

/** Reads plan JSON v1 from an untrusted value (parsed JSON). Throws `PLAN.INVALID`. */
export function readPlanJson(value: unknown): LayerPlan {
  if (!isObject(value)) throw invalidPlan('A plan is a JSON object.');
  onlyKeys(value, ['version', 'sourceDepth', 'rule', 'recipes'], 'A plan');
  if (value.version !== 1) throw invalidPlan('This platform reads plans of version 1.');
  if (typeof value.sourceDepth !== 'number') throw invalidPlan('sourceDepth is a number.');
  if (!Array.isArray(value.recipes)) throw invalidPlan('recipes is a list.');
  return createPlan({
    sourceDepth: value.sourceDepth,
    rule: readRule(value.rule),
    recipes: value.recipes.map(readRecipe),
  });
}
