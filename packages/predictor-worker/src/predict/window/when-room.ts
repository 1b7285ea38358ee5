import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@colaml/shared/logging/logger";
import { isFull } from "@colaml/shared/queue/redis-errors";

const WAIT_MS = 1_000;

/**
 * Does `command` as soon as Redis has room for it: a full Redis refuses what needs memory, and has it again once
 * others are done. Calls `onFull` at the first refusal; other errors pass.
 */
export async function whenRoom<T>(command: () => Promise<T>, onFull: () => void): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await command();
    } catch (error) {
      if (!isFull(error)) throw error;
      if (isFirst) onFull();
      await delay(WAIT_MS);
    }
  }
}

/** What a batch says once when it begins to wait. */
export function sayFull(logger: Pick<Logger, "warn">): void {
  logger.warn("Redis is out of memory: the batch waits for room");
}
