/** An option of a method as data: what it means, what it takes, what it is when left out. `Value` includes undefined where it may be absent. */
export interface MethodOption<Value = unknown> {
  readonly kind: 'number' | 'flag' | 'choice' | 'text';
  readonly description: string;
  /** What it takes, for people: "a whole number from 0 to 9". */
  readonly takes: string;
  readonly default: Value | undefined;
  readonly isRequired: boolean;
  accepts(value: unknown): boolean;
}

export type MethodOptions = Readonly<Record<string, MethodOption>>;

/** The values of a method's options, defaults filled in. */
export type OptionValues<Options extends MethodOptions> = {
  readonly [Name in keyof Options]: Options[Name] extends MethodOption<infer Value> ? Value : never;
};

interface Common<Value> {
  readonly description: string;
  /** Left out: the option is required, unless it is made `optional`. */
  readonly default?: Value;
}

const option = <Value>(
  { description, default: preset }: Common<Value>,
  rest: Pick<MethodOption<Value>, 'kind' | 'takes' | 'accepts'>,
): MethodOption<Value> => ({ ...rest, description, default: preset, isRequired: preset === undefined });

/** A whole number within bounds, both included. */
export const wholeNumber = ({
  min,
  max,
  ...common
}: Common<number> & { readonly min: number; readonly max: number }): MethodOption<number> =>
  option(common, {
    kind: 'number',
    takes: `a whole number from ${min} to ${max}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  });

/** A number within bounds, both included. */
export const fraction = ({
  min,
  max,
  ...common
}: Common<number> & { readonly min: number; readonly max: number }): MethodOption<number> =>
  option(common, {
    kind: 'number',
    takes: `a number from ${min} to ${max}`,
    accepts: (value) => typeof value === 'number' && value >= min && value <= max,
  });

/** A cosine that a candidate must lie strictly above. */
export const cosineThreshold = (common: Common<number>): MethodOption<number> =>
  option(common, {
    kind: 'number',
    takes: 'a cosine above -1 and at most 1, for example 0.8',
    accepts: (value) => typeof value === 'number' && value > -1 && value <= 1,
  });

/** true or false. */
export const flag = (common: Common<boolean>): MethodOption<boolean> =>
  option(common, { kind: 'flag', takes: 'true or false', accepts: (value) => typeof value === 'boolean' });

/** One of a few words, in kebab-case. */
export const choice = <const Word extends string>(
  words: readonly Word[],
  common: Common<NoInfer<Word>>,
): MethodOption<Word> =>
  option<Word>(common, {
    kind: 'choice',
    takes: `one of ${words.join(', ')}`,
    accepts: (value) => words.some((word) => word === value),
  });

/** Text of at most `maxLength` characters, not empty. */
export const text = ({ maxLength, ...common }: Common<string> & { readonly maxLength: number }): MethodOption<string> =>
  option(common, {
    kind: 'text',
    takes: `a text of 1 to ${maxLength} characters`,
    accepts: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= maxLength,
  });

/** The same option, but it may be left out. */
export const optional = <Value>(given: MethodOption<Value>): MethodOption<Value | undefined> => ({
  ...given,
  isRequired: false,
});
