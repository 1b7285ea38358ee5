import type { JobOf, QueueWriting, SubmittableQueue } from "../contracts/catalogue";
import { checkPredictionOutput } from "./prediction-output";
import { checkReport, type ReportMaker } from "./report-output";

type Check<Job> = (payload: Job, maker?: ReportMaker) => Promise<unknown>;

/** How the gate is asked, for each queue whose payload names a file for writing. */
const CHECKS: { readonly [Queue in QueueWriting]: Check<JobOf<Queue>> } = {
  monitor: checkReport,
  async predict({ input, output, force }) {
    if (input === undefined || output === undefined) return;
    await checkPredictionOutput({ inputs: [input.path], output, force });
  },
};

/**
 * Asks the gate for every file that a payload names for writing, so that a wrong one is refused before the job is
 * queued: the worker asks again. Other queues write nothing that a payload names.
 *
 * @param payload checked by the queue's schema, its paths absolute
 * @param maker of a schedule: reports of its earlier jobs may be replaced
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function checkJobOutputs(
  queue: SubmittableQueue,
  payload: object,
  maker?: ReportMaker,
): Promise<void> {
  await (CHECKS as Partial<Record<SubmittableQueue, Check<never>>>)[queue]?.(payload as never, maker);
}
