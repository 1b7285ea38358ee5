import type { Worker } from "bullmq";
import { messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import type { RedisConnection } from "../queue/connection";
import { outputBufferProblem, RAISE_OUTPUT_BUFFER } from "../queue/output-buffer-limit";

/**
 * Reports each job whose worker was lost, and takes a job for one that no worker gets if Redis would not hand out its
 * payload: it is given to a worker, the answer with it ends the connection, and so on. It waits until the limit is
 * raised.
 */
export function reportStalledJobs(
  worker: Worker,
  { connection, logger, onStalled }: { connection: RedisConnection; logger: Logger; onStalled: () => void },
): void {
  const queue = worker.name;
  const sayLost = (facts: { jobId: string; unknown?: string }) =>
    logger.warn(`${queue}: a worker was lost, the job is taken up again`, facts);
  const report = async (jobId: string) => {
    const bytes = await connection.hstrlen(worker.toKey(jobId), "data");
    const problem = await outputBufferProblem(connection, bytes, "the job's payload");
    if (problem === undefined) sayLost({ jobId });
    else logger.error(`${queue}: no worker gets the job: ${problem}: ${RAISE_OUTPUT_BUFFER}`, { jobId });
  };
  worker.on("stalled", (jobId) => {
    onStalled();
    report(jobId).catch((error: unknown) => sayLost({ jobId, unknown: messageOf(error) }));
  });
}
