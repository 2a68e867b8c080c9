/** The request of an experiment as `requestJson` gives it: what was asked for, defaults written out. */
interface StoredRequest {
  readonly modelId: string;
  readonly method: { readonly name: string; readonly targetLayers?: number } & Readonly<Record<string, unknown>>;
  readonly calibration: { readonly source: string; readonly file?: string } & Readonly<Record<string, unknown>>;
  readonly protocol: { readonly name: string; readonly data: string; readonly limit: number | null };
  readonly latency: string;
  readonly stopAfter: string;
  readonly engine: string;
}

const enumName = (text: string): string => text.toUpperCase().replaceAll('-', '_');

/** `{ a: 1, b: "x" }`; fields without a value are left out. Values are GraphQL text already. */
const object = (fields: Readonly<Record<string, string | null>>): string => {
  const shown = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`;
};

const literal = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);

/** Options whose text is the user's own; every other text is one of a few words, an enum of the API. */
const FREE_TEXT: ReadonlySet<string> = new Set(['plan']);

/** `short-gpt` is the field `shortGpt`; options keep their names. */
function methodInput({ name, targetLayers: _, ...options }: StoredRequest['method']): string {
  const values = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === 'string' && !FREE_TEXT.has(key) ? enumName(value) : literal(value),
  ]);
  const field = name.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
  return object({ [field]: object(Object.fromEntries(values)) });
}

/** The mutation that asks for the same experiment again, ready to be pasted. `requestJson`: of the experiment. */
export function launchMutation(requestJson: string): string {
  // The API wrote it from its own checked request.
  const request = JSON.parse(requestJson) as StoredRequest;
  const { source, ...calibration } = request.calibration;
  const { name, data, limit } = request.protocol;
  const sampling = Object.fromEntries(Object.entries(calibration).map(([key, value]) => [key, literal(value)]));
  const layers = literal(request.method.targetLayers);
  const fields: Readonly<Record<string, string | null>> = {
    modelId: literal(request.modelId),
    method: methodInput(request.method),
    target: layers === null ? null : object({ layers }),
    calibration: object({ source, ...sampling }),
    protocol: object({ name, data, limit: literal(limit) }),
    latency: request.latency,
    stopAfter: enumName(request.stopAfter),
    engine: enumName(request.engine),
  };
  const lines = Object.entries(fields).flatMap(([key, value]) => (value === null ? [] : [`    ${key}: ${value}`]));
  return `mutation {\n  launchExperiment(input: {\n${lines.join('\n')}\n  }) {\n    experiment { id state }\n    wasDeduplicated\n    userErrors { code field message hint }\n  }\n}`;
}
