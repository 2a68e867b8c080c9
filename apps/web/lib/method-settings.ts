import { decimal } from './format';

/** `sideFrom` → `side from`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Options that are not at their default, in words: `seed 3`, `no protect`. The plan, and what else is `shown` elsewhere, is left out. */
export const optionTexts = (
  options: readonly { readonly name: string; readonly value: string; readonly isDefault: boolean }[] = [],
  shown: readonly string[] = [],
): readonly string[] =>
  options
    .filter(({ name, isDefault }) => !isDefault && name !== 'plan' && !shown.includes(name))
    .map(({ name, value }) => (value === 'false' ? `no ${words(name)}` : `${words(name)} ${value}`));

/** How a method was set, in words: "repaired, to 20 layers, threshold 0.750". Empty where there is nothing to set. */
export function methodSettings(
  method: {
    readonly profile?: string | null;
    readonly threshold?: number | null;
    readonly options?: Parameters<typeof optionTexts>[0];
  },
  target: { readonly layers?: number | null } | null | undefined,
): string {
  return [
    method.profile?.toLowerCase(),
    typeof target?.layers === 'number' ? `to ${target.layers} layers` : null,
    typeof method.threshold === 'number' ? `threshold ${decimal(method.threshold, 3)}` : null,
    ...optionTexts(method.options),
  ]
    .filter(Boolean)
    .join(', ');
}
