import { planId } from '@swm/core';
import type { EngineInfo } from '@swm/core/engine';
import type { Prisma } from '../db/generated/client.js';
import { planRow } from '../db/plan-row.js';
import type { PlanMeasurementRecord } from './stage.js';

/** What of an engine may change a number, as text: measurements of different engines stand side by side. */
export const engineId = ({ name, backend, package: from, device, dtype, tf32 }: EngineInfo): string =>
  [name, backend, from, device, dtype, ...(tf32 ? ['tf32'] : [])].join(' ');

/** Writes measurements of a model's plans, and the plans. What was known before stays as it is. */
export async function keepMeasurements(
  tx: Prisma.TransactionClient,
  modelId: string,
  measurements: readonly PlanMeasurementRecord[],
): Promise<void> {
  if (measurements.length === 0) return;
  await tx.plan.createMany({ data: measurements.map(({ plan }) => planRow(plan)), skipDuplicates: true });
  await tx.planMeasurement.createMany({
    data: measurements.map(({ plan, calibrationSha256, quantity, engine, mean, perSample, layerForwards }) => ({
      ...{ modelId, calibrationSha256, quantity, mean, layerForwards },
      planId: planId(plan),
      engineId: engineId(engine),
      engine: { ...engine },
      perSample: [...perSample],
    })),
    skipDuplicates: true,
  });
}
