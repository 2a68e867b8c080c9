import { readFileSync } from 'node:fs';

/** Where Linux counts the processes it has ended for want of memory: in our control group, and on the whole machine. */
const COUNTERS = ['/sys/fs/cgroup/memory.events', '/proc/vmstat'];

/** How many processes the kernel has ended for want of memory so far; 0 where it does not say. A difference is what counts. */
export function countOutOfMemoryKills(): number {
  return COUNTERS.reduce((sum, file) => {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
      return sum + Number(count ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}
