import type { MeasureInput } from '../../services/check-measurement.js';
import { measuredBy, type StoredMeasurement, sizeOf } from '../../services/measurement-service.js';
import { failureOf } from '../experiment/experiment-view.js';
import { calibrationOf, ENGINES, methodsOf } from '../experiment/launch-view.js';
import { planView } from '../plan/plan-view.js';
import type { MeasurePlanInput } from './measurement.input.js';
import type { PlanMeasurementType } from './measurement.type.js';

const QUANTITIES = { COSINE: 'cosine', PERPLEXITY: 'nll' } as const;

/** The mutation's input with its defaults written out. */
export function measureInputOf(input: MeasurePlanInput): MeasureInput {
  const { modelId, quantity, calibration, engine, plan, rule, factor, sideFrom } = input;
  const [manual] = methodsOf({ manual: { plan, rule, factor, sideFrom } });
  return {
    modelId,
    plan: manual?.options ?? {},
    quantity: QUANTITIES[quantity],
    calibration: calibrationOf(calibration),
    engine: ENGINES[engine],
  };
}

/** A measurement as the API shows it. `cached`: whether it was known before this call. */
export function measurementView(stored: StoredMeasurement, cached: boolean): PlanMeasurementType {
  const { id, state, model, plan, quantity, measurement: found } = stored;
  return {
    ...{ id, state, model, plan: planView(plan.id, plan.json), ...sizeOf(stored) },
    quantity: quantity === QUANTITIES.COSINE ? 'COSINE' : 'PERPLEXITY',
    value: found && (quantity === QUANTITIES.COSINE ? found.mean : Math.exp(found.mean)),
    perSample: found?.perSample ?? null,
    calibrationSha256: found?.calibrationSha256 ?? null,
    engine: measuredBy(stored),
    layerForwards: found && (cached ? 0 : found.layerForwards),
    cached: found && cached,
    measuredAt: found?.measuredAt ?? null,
    error: failureOf(stored),
  };
}
