import { decimal } from './format';

/** How a method was set, in words: "repaired, to 20 layers, threshold 0.750". Empty where there is nothing to set. */
export function methodSettings(
  method: { readonly profile?: string | null; readonly threshold?: number | null },
  target: { readonly layers?: number | null } | null | undefined,
): string {
  return [
    method.profile?.toLowerCase(),
    typeof target?.layers === 'number' ? `to ${target.layers} layers` : null,
    typeof method.threshold === 'number' ? `threshold ${decimal(method.threshold, 3)}` : null,
  ]
    .filter(Boolean)
    .join(', ');
}
