import { setMaxListeners } from "node:events";
import { constants } from "node:os";
import { messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";

/** After this share of the grace time running jobs get the signal to stop; before it they may finish. */
const FINISH_SHARE = 0.6;
/** After this share jobs are handed back although their processor still runs, to be out in time. */
const HAND_BACK_SHARE = 0.85;

/** Ctrl-C reaches a process twice, from the terminal and from npm, which passes signals on: that is one request. */
const ECHO_MS = 300;

export type Release = () => void | Promise<void>;

/** The end of a process, in one place: who opens something pushes what closes it. */
export interface GracefulStop {
  /** Aborted as soon as a stop is asked for: take nothing new; long coordinators put their work away. */
  readonly stopping: AbortSignal;
  /** Aborted when jobs have had their time to finish: they are handed back to the queue. */
  readonly handBack: AbortSignal;
  /** Aborted when waiting for processors must end. */
  readonly giveUp: AbortSignal;
  /** Called at the stop, last pushed first. */
  onStop(name: string, release: Release): void;
  /** Stops once, however often it is called; the first error of a release is logged, the rest still run. */
  stop(): Promise<void>;
}

export function createGracefulStop(graceMs: number, logger: Logger): GracefulStop {
  const phases = {
    stopping: new AbortController(),
    handBack: new AbortController(),
    giveUp: new AbortController(),
  };
  // Each job in hand listens.
  for (const { signal } of Object.values(phases)) setMaxListeners(0, signal);
  const releases: { name: string; release: Release }[] = [];
  let stopped: Promise<void> | undefined;
  const run = async () => {
    phases.stopping.abort();
    const timers = [
      setTimeout(() => phases.handBack.abort(), graceMs * FINISH_SHARE),
      setTimeout(() => phases.giveUp.abort(), graceMs * HAND_BACK_SHARE),
    ];
    for (const { name, release } of releases.reverse()) {
      try {
        await release();
      } catch (error) {
        logger.warn(`closing ${name} failed: ${messageOf(error)}`);
      }
    }
    timers.forEach(clearTimeout);
  };
  return {
    stopping: phases.stopping.signal,
    handBack: phases.handBack.signal,
    giveUp: phases.giveUp.signal,
    onStop: (name, release) => void releases.push({ name, release }),
    stop() {
      stopped ??= run();
      return stopped;
    },
  };
}

/**
 * SIGTERM, SIGINT and SIGHUP (a terminal that was closed) stop in order and exit 0, at the latest after the grace time; a
 * second one ends the process at once with 143, 130 or 129. What was being done then is taken up by another worker when
 * its lock runs out.
 */
export function stopOnSignals(graceful: GracefulStop, graceMs: number, logger: Logger): void {
  let askedAt: number | undefined;
  const onSignal = (signal: "SIGTERM" | "SIGINT" | "SIGHUP") => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt < ECHO_MS) return;
      process.exit(128 + constants.signals[signal]);
    }
    askedAt = performance.now();
    logger.info(`${signal}: finishing or handing back what runs, at most ${graceMs / 1000} s`);
    setTimeout(() => process.exit(0), graceMs).unref();
    void graceful.stop().finally(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("SIGHUP", onSignal);
}
