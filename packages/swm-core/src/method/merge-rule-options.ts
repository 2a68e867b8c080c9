import type { MergeRule, MergeRuleName } from '../plan/index.js';
import { choice } from './method-option.js';

/** How merged layers become one, for the methods that let the user choose; the rules that re-wire tensors as they are. */
export const mergeRuleOptions = {
  rule: choice(['replace-top', 'keep-low', 'keep-top'], {
    default: 'replace-top',
    description:
      'replace-top: projections of the top layer, as the released code computes; keep-low, keep-top: one layer whole (keep-top is the control for the norm swap).',
  }),
  sideFrom: choice(['low', 'top'], {
    default: 'low',
    description: 'Rule replace-top: which layer of a window gives norms, biases and q/k norms.',
  }),
} as const;

/** The rule those options describe. */
export const mergeRuleOf = (options: {
  readonly rule: MergeRuleName;
  readonly sideFrom: MergeRule['sideFrom'];
}): MergeRule => ({ name: options.rule, factor: 1, sideFrom: options.sideFrom });
