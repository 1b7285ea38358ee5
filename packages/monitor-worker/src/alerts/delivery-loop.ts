import { messageOf } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import type { AlertOutbox } from "./alert-outbox";

/** New alerts are looked for this often; a check never waits for the webhook. */
const LOOK_MS = 1_000;

/**
 * Delivers what the outbox holds, now and whenever something is due, also what an earlier process left.
 *
 * @param oneAtATime runs its work unless another process of the state folder is at it
 * @returns ends it: waits for the delivery that is under way
 */
export function startDelivery(
  outbox: AlertOutbox,
  logger: Logger,
  oneAtATime: (work: () => Promise<unknown>) => Promise<unknown>,
): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const turn = async () => {
    try {
      await oneAtATime(() => outbox.flush());
    } catch (error) {
      logger.error(`alerts cannot be read for delivery: ${messageOf(error)}`);
    }
    if (!stopped) timer = setTimeout(() => (running = turn()), LOOK_MS);
  };
  running = turn();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
