/** The request of an experiment as `requestJson` gives it: what was asked for, defaults written out. */
interface StoredRequest {
  readonly modelId: string;
  readonly method: {
    readonly name: string;
    readonly profile?: string;
    readonly threshold?: number;
    readonly targetLayers?: number;
  };
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

function methodInput({ name, profile, threshold }: StoredRequest['method']): string {
  if (name === 'swm')
    return object({
      swm: object({ profile: profile ? enumName(profile) : null, threshold: literal(threshold) }),
    });
  return name === 'short-gpt' ? object({ shortGpt: '{}' }) : object({ dense: '{}' });
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
