import { CodedError } from '../errors.js';
import { type LayerPlan, type LayerRecipe, type MergeRule, RELEASED_RULE } from './layer-plan.js';

/** `PLAN.INVALID`: what was asked for is not a plan of this model. */
export const invalidPlan = (message: string): CodedError =>
  new CodedError({
    code: 'PLAN.INVALID',
    message,
    fix: 'Name every source layer exactly once, in order, for example `0-2 [3-6] 7 !8 9-31`.',
  });

const KINDS: ReadonlySet<string> = new Set(['keep', 'merge', 'drop']);

function checkRecipe(recipe: LayerRecipe, expectedFirst: number): void {
  const { kind, first, last } = recipe;
  if (!KINDS.has(kind)) throw invalidPlan(`A recipe is keep, merge or drop, not "${String(kind)}".`);
  if (!Number.isInteger(first) || !Number.isInteger(last))
    throw invalidPlan(`Layers are whole numbers, not ${first}-${last}.`);
  if (first !== expectedFirst)
    throw invalidPlan(`The recipe "${kind} ${first}-${last}" should begin at layer ${expectedFirst}.`);
  if (last < first) throw invalidPlan(`The recipe "${kind} ${first}-${last}" ends before it begins.`);
  if (kind === 'merge' && last === first)
    throw invalidPlan(`A merge spans at least two layers; layer ${first} stands alone.`);
}

function checkRule(rule: MergeRule): void {
  if (!Number.isFinite(rule.factor)) throw invalidPlan('The factor of a merge rule is a finite number.');
}

/** What of a rule changes tensors: `keep-low` and `keep-top` take one layer whole, whatever factor and side say. */
function canonicalRule({ name, factor, sideFrom }: MergeRule): MergeRule {
  if (name === 'keep-low') return { name, factor: 1, sideFrom: 'low' };
  if (name === 'keep-top') return { name, factor: 1, sideFrom: 'top' };
  return { name, factor, sideFrom };
}

/** Joins neighbouring keeps, and neighbouring drops, so that equal models have equal plans (docs/adr/0003). */
function joinNeighbours(recipes: readonly LayerRecipe[]): LayerRecipe[] {
  const joined: LayerRecipe[] = [];
  for (const { kind, first, last } of recipes) {
    const previous = joined.at(-1);
    if (previous && previous.kind === kind && kind !== 'merge')
      joined[joined.length - 1] = { kind, first: previous.first, last };
    else joined.push({ kind, first, last });
  }
  return joined;
}

/**
 * The only way to make a plan: recipes in order, covering 0 … sourceDepth-1 exactly once, merges spanning >= 2 layers,
 * something surviving. Frozen and canonical. Throws `PLAN.INVALID`.
 */
export function createPlan(input: {
  readonly sourceDepth: number;
  readonly recipes: readonly LayerRecipe[];
  readonly rule?: MergeRule;
}): LayerPlan {
  const { sourceDepth, recipes, rule = RELEASED_RULE } = input;
  if (!Number.isInteger(sourceDepth) || sourceDepth < 1)
    throw invalidPlan(`A model has at least one layer, not ${sourceDepth}.`);
  checkRule(rule);
  let next = 0;
  for (const recipe of recipes) {
    checkRecipe(recipe, next);
    next = recipe.last + 1;
  }
  if (next !== sourceDepth) throw invalidPlan(`The recipes cover ${next} layers, but the model has ${sourceDepth}.`);
  if (recipes.every(({ kind }) => kind === 'drop')) throw invalidPlan('A plan keeps at least one layer.');
  const merges = recipes.some(({ kind }) => kind === 'merge');
  return Object.freeze({
    version: 1,
    sourceDepth,
    rule: Object.freeze(canonicalRule(merges ? rule : RELEASED_RULE)),
    recipes: Object.freeze(joinNeighbours(recipes).map((recipe) => Object.freeze(recipe))),
  });
}

/** The plan that changes nothing: the dense model. */
export const identityPlan = (depth: number): LayerPlan =>
  createPlan({ sourceDepth: depth, recipes: [{ kind: 'keep', first: 0, last: depth - 1 }] });
