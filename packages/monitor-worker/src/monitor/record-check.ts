import type { DriftResult, MonitorJob } from "@colaml/shared/contracts/monitor";
import type { CheckHistory } from "@colaml/shared/outputs/check-history";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { htmlReport, type ReportData } from "../report/html-report";
import { makerOf, type ReportFiles } from "../report/report-files";
import type { Assessment } from "./assessment";
import type { Collected } from "./collect-rows";
import type { OpenCheck } from "./open-check";
import { needsOwnRun } from "./own-run";
import { type PublishRun, publishCheck } from "./publish-check";

/** Where a finished check is kept. */
export interface RecordDependencies {
  publish: PublishRun;
  history: CheckHistory;
  reports: ReportFiles;
  settings: Pick<ColaConfig["monitor"], "runMinutes">;
  now?: () => number;
}

/** A check that is decided, with what it was decided by. */
export interface FinishedCheck {
  job: MonitorJob;
  jobId: string;
  /** Milliseconds since 1970. */
  addedAt: number;
  signal: AbortSignal;
  opened: OpenCheck;
  collected: Collected;
  assessment: Assessment;
  result: ReportData["result"];
  startTime: number;
}

const driftOf = ({ level, scores }: DriftResult) => ({
  driftLevel: level,
  drift: scores.map(({ statistic, level, psi, psiExpected, psiThreshold, jensenShannon }) => ({
    statistic,
    level,
    psi,
    psiExpected,
    psiThreshold,
    jensenShannon,
  })),
});

/** History, report and run; a report is written before MLflow is asked. */
export async function record(
  dependencies: RecordDependencies,
  { job, jobId, addedAt, signal, opened, collected, assessment, result, startTime }: FinishedCheck,
): Promise<{ runId?: string; seriesRunId?: string; report: string; warning?: string }> {
  const endTime = (dependencies.now ?? Date.now)();
  const driftLevel = assessment.drift?.level;
  const before = await dependencies.history.read(result.model);
  const ownRun = needsOwnRun(
    { jobId, at: endTime, result, driftLevel },
    before,
    dependencies.settings.runMinutes,
  );
  const { accuracy_score: accuracy } = collected.quality.metrics;
  const interval = collected.quality.intervals.accuracy_score;
  const number = await dependencies.history.append(result.model, {
    id: jobId,
    at: new Date(endTime).toISOString(),
    modelVersion: result.modelVersion,
    rows: result.rows,
    n: result.n,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(interval ? { interval } : {}),
    ...(collected.estimated?.accuracy_score === undefined
      ? {}
      : { estimated: collected.estimated.accuracy_score }),
    ...(assessment.drift && driftOf(assessment.drift)),
    ownRun,
    verdict: result.verdict,
  });
  const page = htmlReport({
    result,
    at: new Date(endTime),
    maker: makerOf(job, jobId),
    source: (job.input?.path ?? job.predictions!).split(/[\\/]/).at(-1)!,
    classes: opened.model.classifier.classes,
    confusion: collected.quality.confusion,
    segments: collected.segments,
    history: await dependencies.history.read(result.model),
    mistakes: collected.mistakes,
  });
  const name = `${result.model}-v${result.modelVersion}-${jobId.replace(/[^A-Za-z0-9._-]/g, "-").slice(-80)}.html`;
  const report = await dependencies.reports.write(job, jobId, name, page);
  const check = {
    job,
    jobId,
    addedAt,
    startTime,
    endTime,
    result,
    values: assessment.values,
    segments: collected.segments,
    report: page,
    modelRunId: opened.model.runId,
    number,
    stepOnly: !ownRun,
  };
  const published = await publishCheck(dependencies.publish, check, signal);
  return { ...published, report };
}
