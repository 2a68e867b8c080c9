import { METHODS, type MethodDescription } from '@swm/core/method';
import { MethodName, type MethodSelection, SwmProfile } from './method.type.js';

/** Core's names as the API's. */
export const METHOD_NAMES: Readonly<Record<MethodDescription['name'], MethodName>> = {
  swm: MethodName.SWM,
  'short-gpt': MethodName.SHORT_GPT,
  dense: MethodName.DENSE,
};

const PROFILES = { released: SwmProfile.RELEASED, repaired: SwmProfile.REPAIRED } as const;

/** A method as it was used. */
export function methodSelection(method: {
  readonly name: MethodDescription['name'];
  readonly profile: 'released' | 'repaired' | null;
  readonly threshold: number | null;
}): MethodSelection {
  const { name, profile, threshold } = method;
  const title = METHODS.find((description) => description.name === name)?.title ?? name;
  return { name: METHOD_NAMES[name], title, profile: profile && PROFILES[profile], threshold };
}
