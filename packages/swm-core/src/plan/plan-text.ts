import { createPlan, invalidPlan } from './create-plan.js';
import type { LayerPlan, LayerRecipe, MergeRule } from './layer-plan.js';

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`);

/** The recipes as text: kept `0-2`, merged `[3-6]`, dropped `!8`. The rule is not in it. Inverse of `parsePlan`. */
export function formatPlan(plan: LayerPlan): string {
  const brackets = { keep: ['', ''], merge: ['[', ']'], drop: ['!', ''] } as const;
  return plan.recipes
    .map(({ kind, first, last }) => brackets[kind][0] + range(first, last) + brackets[kind][1])
    .join(' ');
}

const TOKEN = /^(?:(\d{1,5})(?:-(\d{1,5}))?|\[(\d{1,5})-(\d{1,5})\]|!(\d{1,5})(?:-(\d{1,5}))?)$/;

function parseToken(token: string): LayerRecipe {
  const match = TOKEN.exec(token);
  if (!match) throw invalidPlan(`"${token.slice(0, 40)}" is not a recipe.`);
  const [, keepFirst, keepLast, mergeFirst, mergeLast, dropFirst, dropLast] = match;
  if (keepFirst !== undefined) return { kind: 'keep', first: Number(keepFirst), last: Number(keepLast ?? keepFirst) };
  if (mergeFirst !== undefined) return { kind: 'merge', first: Number(mergeFirst), last: Number(mergeLast) };
  return { kind: 'drop', first: Number(dropFirst), last: Number(dropLast ?? dropFirst) };
}

/** Reads the text form under a rule (default: the released one). The depth is where the text ends. Throws `PLAN.INVALID`. */
export function parsePlan(text: string, rule?: MergeRule): LayerPlan {
  const tokens = text.trim().split(/\s+/).filter(Boolean);
  if (tokens.length === 0) throw invalidPlan('An empty text is not a plan.');
  const recipes = tokens.map(parseToken);
  const sourceDepth = (recipes.at(-1)?.last ?? -1) + 1;
  return createPlan({ sourceDepth, recipes, ...(rule ? { rule } : {}) });
}
