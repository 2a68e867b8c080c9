import { CodedError, isCodedError } from '../errors.js';
import { type LayerPlan, type MergeRule, parsePlan } from '../plan/index.js';
import { defineMethod, opaque } from './definition.js';
import { mergeRuleOf, mergeRuleOptions } from './merge-rule-options.js';
import type { Method } from './method.js';
import { invalidOption, optionField } from './method-errors.js';
import { text } from './method-option.js';

/** A plan the user gives: nothing is measured. Throws `PLAN.INVALID` where the text is none. */
export function manual(options: { readonly plan: string; readonly rule: MergeRule }): Method<null> {
  return {
    name: 'manual',
    start: () => null,
    ask: () => ({ kind: 'done' }),
    next: (state) => state,
    finish: () => parsePlan(options.plan, options.rule),
    accepted: () => null,
    threshold: () => null,
  };
}

const PLAN_FIELD = optionField('manual', 'plan');

/** The plan, its mistakes laid at the field's door. */
function readPlan(plan: string, rule: MergeRule): LayerPlan {
  try {
    return parsePlan(plan, rule);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const { code, message, fix } = error;
    throw new CodedError({ code, message, ...(fix ? { fix } : {}), details: { field: PLAN_FIELD }, cause: error });
  }
}

export const manualMethod = defineMethod({
  name: 'manual',
  title: 'Manual',
  summary: 'A plan of your own: which layers are kept, merged and dropped.',
  reference: '—',
  target: 'none',
  options: {
    plan: text({
      maxLength: 50_000,
      description: 'Recipes in order: kept `0-2`, merged `[3-6]`, dropped `!8`, for example `0-2 [3-6] 7 !8 9-31`.',
    }),
    ...mergeRuleOptions,
  },
  check: (options, { depth }) => {
    const { sourceDepth } = readPlan(options.plan, mergeRuleOf(options));
    if (sourceDepth !== depth)
      throw invalidOption(
        PLAN_FIELD,
        `The plan is for a model of ${sourceDepth} layers; this one has ${depth}.`,
        `Name every layer from 0 to ${depth - 1} exactly once.`,
      );
  },
  create: (options) => opaque(manual({ plan: options.plan, rule: mergeRuleOf(options) })),
});
