import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { MeasurementService } from '../../services/measurement-service.js';
import type { ApiContext } from '../context.js';
import { MeasurePlanInput } from './measurement.input.js';
import { MeasurePlanPayload, PlanMeasurementType } from './measurement.type.js';
import { measureInputOf, measurementView } from './measurement-view.js';

@Resolver(() => PlanMeasurementType)
export class MeasurementResolver {
  constructor(private readonly measurements: MeasurementService) {}

  @Mutation(() => MeasurePlanPayload, {
    description:
      'What if: measures a plan without an experiment, or gives what is known of it. Waits up to three seconds for a worker.',
  })
  async measurePlan(
    @Ctx() { scope, patience }: ApiContext,
    @Arg('input', () => MeasurePlanInput, { description: 'Which plan, on what.' }) input: MeasurePlanInput,
  ): Promise<MeasurePlanPayload> {
    const { measurement, cached, userErrors } = await this.measurements.measure(scope, measureInputOf(input), patience);
    return { measurement: measurement && measurementView(measurement, cached), userErrors };
  }

  @Query(() => PlanMeasurementType, {
    name: 'planMeasurement',
    nullable: true,
    description: 'A measurement by id; null when there is none.',
  })
  async getPlanMeasurement(
    @Ctx() { scope }: ApiContext,
    @Arg('id', () => ID, { description: 'The measurement’s id.' }) id: string,
  ): Promise<PlanMeasurementType | null> {
    const measurement = await this.measurements.get(scope, id);
    return measurement && measurementView(measurement, measurement.wasKnown);
  }
}
