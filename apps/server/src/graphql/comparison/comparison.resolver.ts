import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { CompareService } from '../../services/compare-service.js';
import type { ApiContext } from '../context.js';
import { ComparePayload } from './comparison.type.js';
import { comparisonView } from './comparison-view.js';

@Resolver(() => ComparePayload)
export class ComparisonResolver {
  constructor(private readonly comparisons: CompareService) {}

  @Query(() => ComparePayload, {
    name: 'compare',
    description:
      'Compares two to four rows of one model and protocol on the same questions. Rows of different protocols or models are refused.',
  })
  async compareRows(
    @Ctx() { scope, loaders }: ApiContext,
    @Arg('experimentIds', () => [ID], { description: 'The experiments behind the rows, each once.' })
    experimentIds: string[],
  ): Promise<ComparePayload> {
    const { comparison, userErrors } = await this.comparisons.compare(scope, experimentIds);
    if (!comparison) return { userErrors, comparison: null };
    return { userErrors, comparison: comparisonView(comparison, await loaders.standings.load(comparison.group)) };
  }
}
