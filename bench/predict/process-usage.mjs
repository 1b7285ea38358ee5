// CPU time and peak memory of processes, from Linux's /proc; elsewhere the columns stay empty.
import { readFileSync, writeFileSync } from "node:fs";

const TICKS_A_SECOND = 100;

/** CPU seconds (user and system) a process has used so far. */
function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

/** Peak resident memory since the last reset, MB. */
function peakMb(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

function resetPeak(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // without the right to reset, the peak is that of the whole life
  }
}

/** Starts measuring; the function returned gives `{ name: { cpuSeconds, peakMb } }`. `pids`: name -> process id. */
export function measureProcesses(pids) {
  const before = new Map(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
  for (const pid of Object.values(pids)) resetPeak(pid);
  return () =>
    Object.fromEntries(
      Object.entries(pids).map(([name, pid]) => {
        const after = cpuSeconds(pid);
        const start = before.get(name);
        const used = after === undefined || start === undefined ? undefined : after - start;
        return [name, { cpuSeconds: used, peakMb: peakMb(pid) }];
      }),
    );
}
