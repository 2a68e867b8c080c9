import type { LeaderboardService } from '../../services/leaderboard-service.js';
import { ProtocolData, ProtocolName, type ProtocolType } from './protocol.type.js';

type StoredProtocol = Awaited<ReturnType<LeaderboardService['protocolsByIds']>>[number];

/** The value, if it is one of the enum's; a stored name that no release knew is a bug. */
function memberOf<Value extends string>(values: Readonly<Record<Value, Value>>, text: string): Value {
  const value = (Object.keys(values) as Value[]).find((candidate) => candidate === text); // Keys of a record of Value.
  if (value === undefined) throw new Error(`unknown value ${text}`);
  return value;
}

/** A stored protocol as the API shows it. */
export function protocolView({ id, name, data, limit, label, json }: StoredProtocol): ProtocolType {
  return {
    ...{ id, limit, label },
    name: memberOf(ProtocolName, name),
    data: memberOf(ProtocolData, data),
    json: JSON.stringify(json),
    isDemonstration: name === 'MINI',
  };
}
