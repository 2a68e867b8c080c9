import { RUN_MARKER } from './process-tree.js';

/**
 * What a watchdog shell runs (`sh -c … sh MARKER GROUP`): it holds the reading end of a pipe from us. A line means that the run is
 * over; the end of the pipe without one means that we died, even by SIGKILL: then all that carries the marker goes too, within a
 * second, also what called setsid and what the kernel's parent-death signal, which covers only the direct child, left alive (I-12).
 */
export const WATCHDOG_SCRIPT = `
read -r _ && exit 0
for round in 1 2 3; do
  kill -9 -- "-$2"
  for file in $(grep -lzxF -- "${RUN_MARKER}=$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -9 "\${pid%/environ}"
  done
  sleep 0.2
done
`;
