import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";

/**
 * `queue/id` of a path's two parts.
 * @throws ColaError JOB_NOT_FOUND
 */
export function referenceOf({ queue, id }: { queue: string; id: string }): string {
  if (QUEUE_NAMES.some((name) => name === queue)) return `${queue}/${id}`;
  const shown = JSON.stringify(queue.slice(0, 140));
  throw new ColaError("JOB_NOT_FOUND", `no queue ${shown}: there are ${QUEUE_NAMES.join(", ")}`);
}
