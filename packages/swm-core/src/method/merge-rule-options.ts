import type { MergeRule, MergeRuleName } from '../plan/index.js';
import { choice, fraction } from './method-option.js';

/** How merged layers become one, for the methods that let the user choose (methods.md 1.5). */
export const mergeRuleOptions = {
  rule: choice(['replace-top', 'sum-of-differences', 'mean', 'keep-low', 'keep-top'], {
    default: 'replace-top',
    description:
      'replace-top: projections of the top layer, as the released code computes; sum-of-differences: the published equation; mean; keep-low, keep-top: one layer whole (keep-top is the control for the norm swap).',
  }),
  factor: fraction({
    min: 0,
    max: 2,
    default: 1,
    description: 'How far from the low layer (0) to what the rule says (1); keep-low and keep-top have none.',
  }),
  sideFrom: choice(['low', 'top'], {
    default: 'low',
    description: 'Which layer of a window gives norms, biases and q/k norms; keep-low and keep-top take their own.',
  }),
} as const;

/** The rule those options describe. */
export const mergeRuleOf = (options: {
  readonly rule: MergeRuleName;
  readonly factor: number;
  readonly sideFrom: MergeRule['sideFrom'];
}): MergeRule => ({ name: options.rule, factor: options.factor, sideFrom: options.sideFrom });
