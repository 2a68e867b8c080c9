export { createPlan, identityPlan } from './create-plan.js';
export { type LayerPlan, type LayerRecipe, type MergeRule, type MergeRuleName, RELEASED_RULE } from './layer-plan.js';
export { planJson, readPlanJson } from './plan-json.js';
export { formatPlan, parsePlan } from './plan-text.js';
export {
  isIdentity,
  isRewiring,
  type OutputLayer,
  outputDepth,
  outputLayers,
  removedLayers,
} from './read-plan.js';
