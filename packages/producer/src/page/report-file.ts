import { createReadStream, realpathSync, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { FastifyInstance } from "fastify";
import { jobDetail } from "../submit/job-detail";
import { promptly } from "../submit/submit-job";
import { jobFacts } from "./job-data";
import { JOBS_PATH } from "./job-path";
import { referenceOf } from "./job-reference";
import type { PageContext } from "./page-context";

/** A report has its own style inside and no script; whatever it holds runs in no origin. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox";

/** The report of a check, as the monitor wrote it. */
export function addReportFile(scope: FastifyInstance, context: PageContext): void {
  scope.get<{ Params: { queue: string; id: string } }>(
    `${JOBS_PATH}/:queue/:id/report`,
    { config: { role: "read", page: true } },
    async (request, reply) => {
      const { queues } = context;
      const { view, payload } = await promptly(queues, jobDetail(queues, referenceOf(request.params)));
      const path = reportOf(jobFacts(payload, view.result).report, context);
      if (path === undefined)
        throw new ColaError("INPUT_NOT_FOUND", `job ${view.id} has no report that this server can read`);
      return reply
        .header("content-security-policy", POLICY)
        .header("cache-control", "no-store")
        .type("text/html; charset=utf-8")
        .send(createReadStream(path));
    },
  );
}

/**
 * The real path of a report that a job's result names, if it is a page in the data folder or among the reports of the
 * state folder; nothing otherwise: a result may name anything.
 */
export function reportOf(
  path: string | undefined,
  { config, dataDir }: Pick<PageContext, "config" | "dataDir">,
): string | undefined {
  if (path === undefined || !/\.html?$/i.test(path)) return undefined;
  try {
    const real = realpathSync(resolve(dataDir, path));
    const roots = [dataDir, stateFolder(config.paths.stateDir).reports].flatMap(realRoot);
    return roots.some((root) => real.startsWith(root + sep)) && statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function realRoot(folder: string): string[] {
  try {
    return [realpathSync(resolve(folder))];
  } catch {
    return [];
  }
}
