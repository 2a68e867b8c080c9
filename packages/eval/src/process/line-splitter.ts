/** A line longer than this, or than the caller allows, is cut into pieces: a child that never ends a line must not fill our memory. */
const MAX_LINE_CHARACTERS = 65_536;

export interface LineSplitter {
  readonly push: (chunk: string) => void;
  /** Hands on what came after the last line end. */
  readonly end: () => void;
}

/** Splits a stream at line feeds *and* carriage returns: progress bars rewrite their line (lm-eval.md 1.4). Blank lines are left out. */
export function splitLines(onLine: (line: string) => void, maxCharacters = MAX_LINE_CHARACTERS): LineSplitter {
  let rest = '';
  const hand = (line: string) => {
    if (line.trim()) onLine(line);
  };
  return {
    push: (chunk) => {
      const parts = (rest + chunk).split(/[\r\n]+/);
      rest = parts.pop() ?? '';
      for (const part of parts) hand(part);
      for (; rest.length > maxCharacters; rest = rest.slice(maxCharacters)) hand(rest.slice(0, maxCharacters));
    },
    end: () => {
      hand(rest);
      rest = '';
    },
  };
}
