// Runs one command of the set-up or of the tests. Usage: import only.
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and returns its exit code; output goes to our own streams unless `quiet`,
 * in which case it is returned and shown only by the caller.
 */
export function run(file, args, { cwd, env, quiet = false } = {}) {
  return new Promise((resolveRun) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => resolveRun({ code: 127, output: String(error.message) }));
    child.on('close', (code, signal) => resolveRun({ code: code ?? (signal ? 128 : 1), output }));
  });
}

/** The last lines of a text, for error messages. */
export const lastLines = (text, count = 12) => text.trim().split('\n').slice(-count).join('\n');
