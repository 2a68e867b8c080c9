/** What Python writes for a number that is not finite, as the string that takes its place. */
export const NON_FINITE = /^(NaN|-?Infinity)$/;

/**
 * Parses JSON as Python's `json` writes it: bare NaN and Infinity, on which JSON.parse throws (lm-eval.md 1.5), become the strings
 * "NaN", "Infinity" and "-Infinity", which no number field accepts. Text inside strings is left alone. Throws SyntaxError.
 */
export function parsePythonJson(text: string): unknown {
  const quoted = text.replace(
    /("(?:[^"\\]|\\.)*")|(-?Infinity|NaN)/g,
    (match: string, string: string | undefined) => string ?? `"${match}"`,
  );
  return JSON.parse(quoted);
}
