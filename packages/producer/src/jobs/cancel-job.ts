import { ColaError } from "@colaml/shared/errors/cola-error";
import type { JobQueues } from "./job-queues";
import { isFinished, type JobView } from "./job-view";

/** interim: needs the workers' cancel channel */
export async function cancelJob(queues: JobQueues, reference: string): Promise<JobView> {
  const { queue, job } = await queues.get(reference);
  const view = await queues.view(`${queue}/${job.id}`);
  if (isFinished(view.status)) throw new ColaError("USAGE", `job ${job.id} is ${view.status} already`);
  await job.remove();
  return view;
}
