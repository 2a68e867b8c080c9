import { z } from 'zod';
import { launchRequestSchema } from './launch-request.js';

/** What a measurement is to be made on and by: the JSON of `MeasurementRequest.request`. */
export const whatIfRequestSchema = z.strictObject({
  calibration: launchRequestSchema.shape.calibration,
  /** Digests of the files that the calibration reads: a changed file is another calibration. */
  files: z.array(z.string()),
  engine: launchRequestSchema.shape.engine,
});
export type WhatIfRequest = z.infer<typeof whatIfRequestSchema>;

/** Quantities as engines name them: cosine is a similarity, nll a loss in nats. */
export const quantitySchema = z.enum(['cosine', 'nll']);
