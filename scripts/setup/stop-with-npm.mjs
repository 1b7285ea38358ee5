const LOOK_MS = 500;

/**
 * Stops this process in order when the npm that runs it is gone: npm killed by kill -9, or a shell between us that
 * passes no signals on, would leave servers and workers behind. Started by anything else, we live on.
 */
export function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_MS);
  timer.unref();
}
