import { join } from "node:path";
import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import { modelNameOf } from "@colaml/shared/contracts/names";
import { makeFolder, writeDurably } from "@colaml/shared/files/durable-file";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { keepNewest } from "@colaml/shared/files/keep-newest";
import { stateFolder } from "@colaml/shared/files/state-folder";
import {
  checkReport,
  type ReportMaker,
  reportMaker,
  writeReport,
} from "@colaml/shared/outputs/report-output";
import type { ColaConfig } from "@colaml/shared/settings/schema";

/** Where the reports of checks go. */
export interface ReportFiles {
  /** Asks for the report that a job names, before any work. @throws ColaError OUTPUT_*, PATH_NOT_ALLOWED */
  check(job: MonitorJob, jobId: string): Promise<void>;
  /**
   * Writes a report: to the path that the job names, else under `name` in the reports folder.
   * @returns its path
   * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, PATH_NOT_ALLOWED
   */
  write(job: MonitorJob, jobId: string, name: string, page: string): Promise<string>;
}

/** Who made the report of a job; it stands in the page, so that the same job or schedule may replace it. */
export const makerOf = (job: MonitorJob, jobId: string): ReportMaker =>
  reportMaker(jobId, modelNameOf(job.model));

/**
 * @param paths what a job names must lie in `dataDir` unless that is empty; the reports folder is in `stateDir`, and
 *   keeps the newest `filesKept`
 */
export function createReportFiles(paths: ColaConfig["paths"]): ReportFiles {
  const confined = async (job: MonitorJob) =>
    job.report === undefined ? undefined : { ...job, report: await checkJobPath(paths.dataDir, job.report) };
  return {
    async check(job, jobId) {
      const named = await confined(job);
      if (named) await checkReport(named, makerOf(job, jobId));
    },
    async write(job, jobId, name, page) {
      const named = await confined(job);
      if (named) {
        await writeReport(named, makerOf(job, jobId), page);
        return named.report;
      }
      // a state file of ours, named by the job: one that runs again writes its own again
      const folder = stateFolder(paths.stateDir).reports;
      await makeFolder(folder);
      await writeDurably(join(folder, name), [Buffer.from(page)]);
      await keepNewest(folder, paths.filesKept);
      return join(folder, name);
    },
  };
}
