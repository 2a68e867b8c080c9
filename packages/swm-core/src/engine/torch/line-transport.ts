/** Lines to and from a running program. Whoever may spawn opens it; core only speaks through it. */
export interface LineTransport {
  /** One line to the program's input, without its line end. Lost when the program has gone: `done` tells. */
  send(line: string): void;
  /** Hands on every line of its output, in order and from the first. Called once. */
  onLine(listener: (line: string) => void): void;
  /** Ends the program and resolves when it is gone. */
  close(): Promise<void>;
  /** How the program ended, as a part of a sentence. Rejects with the reason where its end was asked for (cancel). */
  readonly done: Promise<string>;
}
