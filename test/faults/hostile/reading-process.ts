import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A reader in a process of its own: one that crashes, hangs or grows takes nothing else with it. */
export interface ReadingProcess<Answer> {
  /** The reader's answer about a folder, or `crashed` or `hung`: then the process is started again for the next. */
  read(folder: string, limitMs?: number): Promise<Answer | 'crashed' | 'hung'>;
  close(): Promise<void>;
}

/** Starts `command`, which answers each line with one line of JSON. No answer within `hangMs`, or the limit of that read, is a hang. */
export function startReading<Answer>(
  command: readonly [file: string, ...args: string[]],
  hangMs: number,
): ReadingProcess<Answer> {
  const open = () => {
    const [file, ...args] = command;
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };
  let running = open();
  const end = async () => {
    running.child.kill('SIGKILL');
    if (running.child.exitCode === null && running.child.signalCode === null) await once(running.child, 'close');
  };
  return {
    async read(folder, limitMs = hangMs) {
      let timer: NodeJS.Timeout | undefined;
      const hung = new Promise<'hung'>((resolve) => {
        timer = setTimeout(() => resolve('hung'), limitMs);
      });
      running.child.stdin.write(`${folder}\n`);
      const line = await Promise.race([running.lines.next(), hung]).finally(() => clearTimeout(timer));
      if (line !== 'hung' && !line.done) return JSON.parse(line.value) as Answer; // The program's own shape.
      await end();
      running = open();
      return line === 'hung' ? 'hung' : 'crashed';
    },
    close: end,
  };
}
