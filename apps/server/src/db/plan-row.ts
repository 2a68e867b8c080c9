import { planId } from '@swm/core';
import { formatPlan, type LayerPlan, outputDepth, planJson } from '@swm/core/plan';
import type { Prisma } from './generated/client.js';

/** A plan as a row of its table. Write it with `skipDuplicates`: equal plans are one row. */
export const planRow = (plan: LayerPlan): Prisma.PlanCreateManyInput => ({
  id: planId(plan),
  json: JSON.parse(planJson(plan)),
  text: formatPlan(plan),
  sourceDepth: plan.sourceDepth,
  outputDepth: outputDepth(plan),
});
