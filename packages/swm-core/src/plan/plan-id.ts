import { createHash } from 'node:crypto';
import type { LayerPlan } from './layer-plan.js';
import { planJson } from './plan-json.js';

/** sha256 (hex) of the canonical JSON: plans with one id give the same tensors. */
export const planId = (plan: LayerPlan): string => createHash('sha256').update(planJson(plan)).digest('hex');
