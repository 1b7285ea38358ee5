import { type Job, type JobJson, Worker } from "bullmq";

/** A payload that no queue takes. */
const NO_PAYLOAD = "null";

/**
 * A worker that refuses a job whose payload is not JSON, for another program wrote it, like any other that is not valid.
 * BullMQ fails on it before there is a job, and takes it up again each time that its lock runs out.
 */
export class TolerantWorker extends Worker {
  protected override createJob(stored: JobJson, jobId: string): Job {
    try {
      return super.createJob(stored, jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return super.createJob({ ...stored, data: NO_PAYLOAD }, jobId);
    }
  }
}
