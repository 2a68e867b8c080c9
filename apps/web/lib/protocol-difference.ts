interface Group {
  readonly model: { readonly id: string; readonly name: string };
  readonly protocol: { readonly id: string; readonly json: string };
}

/** What each part of a protocol is called where two of them differ. */
const PARTS: Readonly<Record<string, string>> = {
  name: 'protocol',
  data: 'source of the task data',
  limit: 'number of questions',
  addBos: 'BOS token',
  harness: 'harness version',
  dtype: 'number format',
  batchSize: 'batch size',
  seed: 'seed',
};

// The API's canonical JSON of a protocol: an object.
const read = (json: string) => JSON.parse(json) as Readonly<Record<string, unknown>>;

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Why the figures of two groups may not be compared: what differs, in words. */
export function differenceOf(above: Group, below: Group): string {
  const [a, b] = [read(above.protocol.json), read(below.protocol.json)];
  const parts = Object.entries(PARTS).flatMap(([part, name]) => (isSame(a[part], b[part]) ? [] : [name]));
  const differences = [
    ...(above.model.id === below.model.id ? [] : ['model']),
    ...parts,
    // Where the data come from another place, that they differ goes without saying.
    ...(isSame(a.tasks, b.tasks) || parts.includes(PARTS.data ?? '') ? [] : ['content of the task files']),
  ];
  // Two groups always differ; a part that this release has no name for is still a difference.
  return differences.join(', ') || 'protocol version';
}
