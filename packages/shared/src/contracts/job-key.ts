import { createHash } from "node:crypto";

/**
 * A name for a job that cannot be a path and is not another job's: BullMQ's ids begin again at 1 in an emptied Redis,
 * so the time it was added belongs to it.
 *
 * @returns 32 hexadecimal digits
 */
export function jobKeyOf(jobId: string, addedAt: number): string {
  return createHash("sha256").update(`${jobId}\0${addedAt}`).digest("hex").slice(0, 32);
}
