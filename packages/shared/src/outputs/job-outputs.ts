import type { MonitorJob } from "../contracts/monitor";
import type { PredictJob } from "../contracts/predict";
import type { SubmittableQueue } from "../contracts/queues";
import { checkPredictionOutput } from "./prediction-output";
import { checkReport, type ReportMaker } from "./report-output";

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
  if (queue === "monitor") await checkReport(payload as MonitorJob, maker);
  if (queue !== "predict") return;
  const { input, output, force } = payload as PredictJob;
  if (input !== undefined && output !== undefined) {
    await checkPredictionOutput({ inputs: [input.path], output, force });
  }
}
