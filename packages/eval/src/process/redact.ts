/**
 * Blots what looks like a secret: tokens by their prefix, Authorization headers, `token=`, `"password": "…"`, and credentials inside
 * addresses. Logs travel further than one expects (I-38).
 */
export const redact = (line: string): string =>
  line
    .replace(/\b(hf|swm|sk)([_-])[A-Za-z0-9_-]{8,}/g, '$1$2…')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 …')
    .replace(/:\/\/[^/\s:@]+:[^/\s@]+@/g, '://…@')
    .replace(
      /((?:api[-_]?key|token|password|passwd|secret|authorization)["']?\s*[=:]\s*["']?)(?!Bearer |Basic |(?:True|False|None|true|false|null)(?:[\s"',;})]|$))[^\s"',;}]+/gi,
      '$1…',
    );
