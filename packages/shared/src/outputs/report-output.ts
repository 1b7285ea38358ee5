import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { labelsFileOf, type MonitorJob } from "../contracts/monitor";
import { SCHEDULED_JOB_ID } from "../contracts/names";
import { checkEnding } from "../files/output-endings";
import { checkOutput, type OutputRules, writeOutput } from "../files/output-gate";

/** What says which job a report is of: `schedule nightly, model modelo_nuevo`, or `job monitor-1, model ...`. */
export type ReportMaker = string & { readonly brand: "ReportMaker" };

/** The parts of a `monitor` payload that its report must not meet, or is about. */
type ReportingJob = Pick<MonitorJob, "report" | "input" | "predictions" | "labels" | "model" | "force">;

/** Jobs of one schedule are one maker; any other job is its own. */
export function reportMaker(jobId: string, model: string): ReportMaker {
  const [, schedule] = SCHEDULED_JOB_ID.test(jobId) ? jobId.split(":") : [];
  return makerOf(schedule === undefined ? `job ${jobId}` : `schedule ${schedule}`, model);
}

/** The maker of the reports that a schedule's jobs will write. */
export function scheduleMaker(schedule: string, model: string): ReportMaker {
  return makerOf(`schedule ${schedule}`, model);
}

const makerOf = (job: string, model: string) => `${job}, model ${model}` as ReportMaker;

/** Content of the report's `generator` tag, by which a later job knows it as its own. */
export function reportMark(maker: ReportMaker): string {
  return `ColaML monitor report: ${maker}`;
}

/** The mark stands in the page's head, within this many bytes. */
const HEAD_BYTES = 1024;

/** Whether a file is a report of that maker; one that cannot be read is not known to be. */
async function isReportOf(path: string, maker: ReportMaker): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.toString("utf8", 0, bytesRead);
    return head.startsWith("<!doctype html>") && head.includes(`content="${reportMark(maker)}"`);
  } finally {
    await file.close();
  }
}

function rulesOf(job: ReportingJob, maker: ReportMaker | undefined): OutputRules {
  return {
    inputs: [job.input?.path, job.predictions, labelsFileOf(job)?.path].filter((path) => path !== undefined),
    force: job.force === true,
    ...(maker === undefined ? {} : { isOurs: (path: string) => isReportOf(path, maker) }),
  };
}

/**
 * Asks the gate for the report that a job names; a job that names none passes. A report that the same job, or an
 * earlier job of the same schedule, wrote about the same model is replaced unasked.
 *
 * @param maker absent: the job has no id yet
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function checkReport(job: ReportingJob, maker?: ReportMaker): Promise<void> {
  if (job.report === undefined) return;
  checkEnding(job.report, "report");
  await checkOutput(job.report, rulesOf(job, maker));
}

/** Writes it through the gate. @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE */
export async function writeReport(
  job: ReportingJob & { report: string },
  maker: ReportMaker,
  page: string,
): Promise<void> {
  await writeOutput(job.report, [Buffer.from(page)], rulesOf(job, maker));
}
