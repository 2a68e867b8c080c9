import { enumNameOf, METHODS } from '@swm/core/method';
import { Query, Resolver } from 'type-graphql';
import { MethodInfo } from './method.type.js';

@Resolver(() => MethodInfo)
export class MethodResolver {
  @Query(() => [MethodInfo], { description: 'The methods an experiment can use.' })
  methods(): readonly MethodInfo[] {
    return METHODS.map((method) => ({ ...method, name: enumNameOf(method.name) }));
  }
}
