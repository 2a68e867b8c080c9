import type { LeaderboardOrder } from '@swm/client';

/** Orders of the board, as they stand in the address. */
export const ORDERS = {
  mean: { order: 'MEAN_DESC', title: 'mean score', isAscending: false },
  latency: { order: 'LATENCY_ASC', title: 'latency', isAscending: true },
  parameters: { order: 'PARAMETERS_ASC', title: 'parameters', isAscending: true },
  newest: { order: 'PUBLISHED_DESC', title: 'newest', isAscending: false },
} as const satisfies Record<string, { order: LeaderboardOrder; title: string; isAscending: boolean }>;

export type OrderKey = keyof typeof ORDERS;

/** Every order's name, the default first. */
export const ORDER_KEYS = Object.keys(ORDERS) as readonly OrderKey[]; // the keys just written

/** The order an address asks for; what nobody can have meant is the default. */
export const readOrder = (value: string | readonly string[] | undefined): OrderKey =>
  ORDER_KEYS.find((key) => key === value) ?? 'mean';
