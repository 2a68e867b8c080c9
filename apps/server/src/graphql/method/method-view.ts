import { type MethodName as CoreName, enumNameOf, METHODS } from '@swm/core/method';
import { type MethodSelection, type MethodSetting, SwmProfile } from './method.type.js';

const PROFILES = { released: SwmProfile.RELEASED, repaired: SwmProfile.REPAIRED } as const;

/** A method as it was used. */
export function methodSelection(method: {
  readonly name: CoreName;
  readonly profile: 'released' | 'repaired' | null;
  readonly threshold: number | null;
  readonly options: readonly MethodSetting[];
}): MethodSelection {
  const { name, profile, threshold, options } = method;
  const title = METHODS.find((description) => description.name === name)?.title ?? name;
  return { name: enumNameOf(name), title, profile: profile && PROFILES[profile], threshold, options };
}
