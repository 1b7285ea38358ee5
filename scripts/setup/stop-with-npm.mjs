import { readFileSync } from "node:fs";

const LOOK_MS = 500;

/**
 * Stops this process in order when the npm that runs it is gone: npm killed by kill -9, or the shell between us
 * ended by a signal that it passes on to nobody, would leave servers and workers behind. Started by anything else,
 * we live on.
 */
export function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const started = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === started) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_MS);
  timer.unref();
}

/** npm's pid, after that of the shell it runs scripts in if that is still there (`sh -c "node scripts/..."`). */
function ancestors() {
  const parent = process.ppid;
  const isShell = read(`/proc/${parent}/cmdline`).includes("\0-c\0");
  return isShell ? `${parent} ${parentOf(parent)}` : String(parent);
}

/** The fourth field of Linux's stat; elsewhere only our own parent can be watched. */
function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
