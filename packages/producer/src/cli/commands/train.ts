import type { ClassificationMetrics, TrainResult } from "@colaml/shared/jobs/train";
import type { Command } from "commander";
import { datasetOf } from "../../jobs/dataset";
import { TRAIN_SETTINGS, trainPayload } from "../../jobs/payloads";
import { addCommonOptions, handler } from "../command-context";
import { addForceOption, forcedChampion } from "../force-promote";
import { checkInput } from "../input-check";
import { detachJob, runJob } from "../run-job";
import type { Session } from "../session";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ npm run cola -- train tweets.csv
  $ npm run cola -- train reviews.csv --text-column body --label-column stars --id-column review_id
  $ npm run cola -- train tweets.csv --max-features 2000 --iterations 300 --learning-rate 0.2
  $ npm run -s cola -- train tweets.csv --json`;

/** `cola train FILE`: trains, registers and puts the model through the champion check. */
export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a model on a labelled file and register it in MLflow")
    .argument("<file>", "CSV, TSV or NDJSON (also .gz) with a text and a label column")
    .option("--run-name <name>", "name of the MLflow run")
    .option("--detach", "put the job on the queue and leave")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(addForceOption(command)), TRAIN_SETTINGS);
  command.action(
    handler(readFlags, async (context, file) => {
      const path = userPath(file!);
      const { columns } = context.config;
      await checkInput(datasetOf(context.config, path), { text: columns.text, label: columns.label });
      const runName = context.options["runName"] as string | undefined;
      const request = {
        queue: "train" as const,
        payload: () =>
          trainPayload(context.config, path, {
            ...forcedChampion(context),
            ...(runName === undefined ? {} : { runName }),
          }),
        workers: { trainer: 1 },
      };
      if (context.options["detach"] === true) return detachJob(context, request);
      return runJob<TrainResult>(context, request, async ({ result, session }) => {
        const { terminal } = context;
        const text = [describeTraining(terminal, result), ...runLink(result, session)].join("\n");
        terminal.result(trainAnswer(result), text);
        return undefined;
      });
    }),
  );
}

/** What `--json` prints. */
export function trainAnswer(result: TrainResult) {
  const { runId, runUrl, modelVersion, promoted, metrics, seconds } = result;
  return {
    runId,
    runUrl,
    modelVersion,
    promoted,
    metrics,
    seconds,
    model: result.model,
    verdict: result.verdict,
    rows: result.rows,
    rejectedByReason: result.rejectedByReason,
    notes: result.notes,
    data: result.data,
    championCheck: result.championCheck,
  };
}

const METRICS = [
  ["accuracy_score", "accuracy"],
  ["precision_score", "precision"],
  ["recall_score", "recall"],
  ["f1_score", "F1"],
  ["macro_f1", "macro F1"],
  ["roc_auc", "ROC AUC"],
  ["log_loss", "log loss"],
] as const;

/** Metrics of several row sets side by side, one metric a line; one that is absent says why. */
export function metricTable(columns: ReadonlyMap<string, ClassificationMetrics>): string {
  const cell = (metrics: ClassificationMetrics, name: (typeof METRICS)[number][0]) =>
    metrics[name]?.toFixed(4) ?? `- (${metrics.absent?.[name] ?? "not computed"})`;
  const header = `  ${"".padEnd(10)}${[...columns.keys()].map((name) => name.padStart(12)).join("")}`;
  const rows = METRICS.map(
    ([name, title]) =>
      `  ${title.padEnd(10)}${[...columns.values()].map((metrics) => cell(metrics, name).padStart(12)).join("")}`,
  );
  return [header, ...rows].join("\n");
}

/** The page of a run, as a line; a server of the command's own ends with it. */
export function runLink({ runUrl }: { runUrl?: string }, { kind }: Pick<Session, "kind">): string[] {
  if (runUrl === undefined) return [];
  return [`  MLflow run  ${runUrl}${kind === "own" ? "  (while `npm run cola -- up` runs)" : ""}`];
}

function describeTraining(terminal: Terminal, result: TrainResult): string {
  const { rows } = result;
  const version = result.modelVersion === undefined ? "not registered yet" : `version ${result.modelVersion}`;
  const mark = result.promoted ? terminal.green("promoted to champion") : terminal.bold("not promoted");
  return [
    `${terminal.bold(result.model)} ${version}: ${mark} - ${result.verdict}`,
    metricTable(
      new Map([
        ["validation", result.metrics.validation],
        ["test", result.metrics.test],
      ]),
    ),
    `  rows: ${rows.train} train, ${rows.validation} validation, ${rows.test} test, ${rows.rejected} left out`,
    ...result.notes.map((note) => `  note: ${printable(note)}`),
    `  ${result.seconds.toFixed(1)} s, run ${result.runId}`,
  ].join("\n");
}
