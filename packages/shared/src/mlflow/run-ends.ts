import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ColaError, ERROR_CODES, messageOf } from "../errors/cola-error";
import { isNewer, readDocument, writeDocument } from "../files/state-document";
import type { Logger } from "../logging/logger";
import { isMendable, isMlflowDown } from "./api-error";
import type { MlflowClient } from "./client";
import type { Experiments } from "./experiments";
import { RUN_TAGS } from "./run-tags";

/** Runs that attempts at one job can have left: one each, and few attempts are given. */
const MAX_LEFT = 10;

/** Why the run of an attempt ends if its job has a result already: one of two attempts that overlapped is recorded. */
export const RECORDED_FIRST = new ColaError(
  "JOB_CANCELLED",
  "another attempt at this job was recorded first",
);

const runEndSchema = z.object({
  /** Where the runs are; absent: nobody knows any more, they are looked for in all experiments. */
  experiment: z.string().optional(),
  /** Which tag tells the runs: `publishId` that of one attempt, `job` those of all attempts at a job. */
  by: z.enum(["publishId", "job"]),
  id: z.string(),
  /** Why they end, as the tag `colaml.failure`; absent: nothing is said. */
  reason: z.object({ code: z.enum(ERROR_CODES), message: z.string() }).optional(),
});

/** What is to be done about runs that nobody works on any more. */
export type RunEnd = z.infer<typeof runEndSchema>;

/**
 * Which runs are ended, by how they are told. That of an attempt which is not recorded may have been FINISHED, too: its
 * publication broke off behind that, and could not be kept.
 */
const UNENDED: Record<RunEnd["by"], readonly string[]> = {
  publishId: ["RUNNING", "FINISHED"],
  job: ["RUNNING"],
};

/**
 * Ends runs that nobody works on: as FAILED with the reason; as KILLED if the reason is JOB_CANCELLED, or there is none.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
async function endRuns({ runs, experiments }: MlflowClient, end: RunEnd): Promise<void> {
  const experimentIds = await idsOf(experiments, end.experiment);
  if (experimentIds.length === 0) return;
  const { reason } = end;
  const filter = `tags.\`${RUN_TAGS[end.by]}\` = '${end.id.replaceAll("'", "")}'`;
  for (const { runId, status } of await runs.search(experimentIds, filter, MAX_LEFT)) {
    if (!UNENDED[end.by].includes(status)) continue;
    const tags = reason ? [{ key: RUN_TAGS.failure, value: `${reason.code}: ${reason.message}` }] : [];
    if (tags.length > 0) await runs.log(runId, { tags });
    const isFailure = reason !== undefined && reason.code !== "JOB_CANCELLED";
    await runs.finish(runId, isFailure ? "FAILED" : "KILLED", Date.now());
  }
}

async function idsOf(experiments: Experiments, name: string | undefined): Promise<string[]> {
  if (name === undefined) return experiments.ids();
  const id = await experiments.find(name);
  return id === undefined ? [] : [id];
}

/**
 * Ends the runs of attempts that broke off, now or, if MLflow is away, when it answers again: what is to be done is kept
 * on disk, so that no run stays RUNNING for ever, whoever is killed meanwhile.
 */
export class RunEnds {
  readonly #mlflow: MlflowClient;
  readonly #folder: string;
  readonly #logger: Logger;
  /** Files that stay, of a newer release or unreadable: each is reported once, not at each round. */
  readonly #reported = new Set<string>();

  /** @param folder is made when something is kept in it */
  constructor(mlflow: MlflowClient, folder: string, logger: Logger) {
    this.#mlflow = mlflow;
    this.#folder = folder;
    this.#logger = logger;
  }

  /**
   * An attempt at a job begins: ends the runs of those before it, and nothing that is kept about the job ends its own.
   *
   * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
   */
  async beginAttempt(experiment: string, jobKey: string): Promise<void> {
    await this.forget(jobKey);
    await endRuns(this.#mlflow, { experiment, by: "job", id: jobKey });
  }

  /** A job is taken up again: what is kept about its runs no longer holds. */
  async forget(jobKey: string): Promise<void> {
    await rm(this.#pathOf({ by: "job", id: jobKey }), { force: true });
  }

  /** Never throws: a run that is not ended fails no job. */
  async end(which: Omit<RunEnd, "reason">, reason: Pick<ColaError, "code" | "message">): Promise<void> {
    const end: RunEnd = { ...which, reason: { code: reason.code, message: reason.message } };
    try {
      await endRuns(this.#mlflow, end);
    } catch (error) {
      const isLater = isMlflowDown(error) || isMendable(error);
      const kept = isLater ? await this.#keep(end) : "";
      this.#logger.warn(
        `runs of ${end.by} ${end.id} could not be marked as ended${kept}: ${messageOf(error)}`,
      );
    }
  }

  /** @returns what to add to the message */
  async #keep(end: RunEnd): Promise<string> {
    try {
      await writeDocument("runEnd", this.#pathOf(end), end);
      return ", they will be when MLflow answers";
    } catch (error) {
      return `, nor noted for later (${messageOf(error)})`;
    }
  }

  #pathOf({ by, id }: Pick<RunEnd, "by" | "id">): string {
    return join(this.#folder, `${by}-${id.replaceAll(/[^\w-]/g, "_")}.json`);
  }

  /** Does what is kept; what MLflow does not take now stays. */
  async endKept(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!/^(publishId|job)-[\w-]+\.json$/.test(name)) continue;
      if (!(await this.#endNoted(name))) return;
    }
  }

  /** @returns whether others may follow; false if MLflow does not answer */
  async #endNoted(name: string): Promise<boolean> {
    try {
      const end = await this.read(name);
      if (end) await endRuns(this.#mlflow, end);
      await rm(join(this.#folder, name), { force: true });
    } catch (error) {
      if (isMlflowDown(error) || isMendable(error)) return false;
      if (this.#reported.has(name)) return true;
      this.#logger.warn(`runs are not marked as ended, ${join(this.#folder, name)}: ${messageOf(error)}`);
      this.#reported.add(name);
      // What MLflow refuses for good is not asked for again.
      if (!isNewer(error)) await rm(join(this.#folder, name), { force: true }).catch(() => undefined);
    }
    return true;
  }

  /**
   * What a file of the folder says; undefined if it is gone, or cannot be read and was moved aside.
   *
   * @throws ColaError STATE_NEWER, INPUT_UNREADABLE
   */
  read(name: string): Promise<RunEnd | undefined> {
    const report = (line: string) => this.#logger.error(line);
    return readDocument("runEnd", join(this.#folder, name), runEndSchema, report);
  }
}
