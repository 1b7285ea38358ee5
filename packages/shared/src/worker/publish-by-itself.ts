import { messageOf } from "../errors/cola-error";
import type { WorkerProcess } from "./worker-process";

/** How often it is looked whether something waits on disk for an MLflow that was away. */
const PUBLISH_EVERY_MS = 15_000;

/**
 * Publishes what waits on disk now, and then as soon as MLflow answers again, until the process stops.
 *
 * @param what for the log and the order of stopping
 */
export function publishByItself(
  what: string,
  publishWaiting: (signal: AbortSignal) => Promise<unknown>,
  { lifecycle, logger }: Pick<WorkerProcess, "lifecycle" | "logger">,
  everyMs: number = PUBLISH_EVERY_MS,
): void {
  const { stopping } = lifecycle.graceful;
  let busy = false;
  const round = async () => {
    if (busy) return;
    busy = true;
    try {
      await publishWaiting(stopping);
    } catch (error) {
      logger.warn(`publishing the ${what} that wait failed: ${messageOf(error)}`);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void round(), everyMs);
  lifecycle.graceful.onStop(`publisher of ${what}`, async () => clearInterval(timer));
  void round();
}
