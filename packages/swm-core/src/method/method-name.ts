/** A method's name as the launch input's field: `short-gpt` → `shortGpt`. */
export const inputFieldOf = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** A kebab-case word as a GraphQL enum value and as it is stored in tables: `short-gpt` → `SHORT_GPT`. */
export type EnumName<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Uppercase<Head>}_${EnumName<Rest>}`
  : Uppercase<Name>;

/** See `EnumName`. */
export const enumNameOf = <Name extends string>(name: Name): EnumName<Name> =>
  name.toUpperCase().replaceAll('-', '_') as EnumName<Name>; // what the type says, which TypeScript cannot follow
