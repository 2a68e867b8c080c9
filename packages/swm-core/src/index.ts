export * from './errors.js';
export * from './plan/index.js';
export { planId } from './plan/plan-id.js';
export { seededRandom } from './seeded-random.js';
