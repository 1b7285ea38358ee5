import type { TrainResult } from "@colaml/shared/contracts/train";
import { EXIT } from "@colaml/shared/errors/error-table";
import {
  type ClassificationMetrics,
  METRIC_NAMES,
  METRICS,
  type MetricName,
} from "@colaml/shared/metrics/metric-table";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { configuredColumns } from "../../submit/learning-settings";
import { TRAIN_SETTINGS, trainPayload } from "../../submit/payloads";
import { choiceLines } from "../choice-lines";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { decisionLines } from "../decision-lines";
import { addForceOption, forcedChampion } from "../force-promote";
import { checkInput } from "../input-check";
import { isNamed, nextSteps, promotionLine } from "../next-steps";
import { optional, textOption } from "../options";
import { detachJob, runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola train tweets.csv
  $ cola train tweets.csv --preset best          # words and characters, a linear model
  $ cola train reviews.csv --text-column body --label-column stars --id-column review_id
  $ cola train tweets.csv --max-features 2000 --iterations 300 --learning-rate 0.2
  $ cola train tweets.csv --no-promote           # judge it, leave the champion as it is
  $ cola train tweets.csv --json

Exit code 3: --require-promotion was given, and the verdict is not PROMOTE.`;

/** `cola train FILE`: trains, registers and puts the model through the champion check. */
export function addTrainCommand(program: Command): void {
  const command = addPromotionOptions(
    program.command("train").description("train a model on a labelled file and register it in MLflow"),
  )
    .argument("<file>", "CSV, TSV or NDJSON (also .gz) with a text and a label column")
    .option("--run-name <name>", "name of the MLflow run")
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(addForceOption(command)), TRAIN_SETTINGS);
  command.action(
    handler(readFlags, async (context, file) => {
      const path = userPath(file!);
      const { text, label } = configuredColumns(context.config);
      await checkInput(datasetOf(context.config, path), { text, label });
      const more = {
        ...promotionOptions(context.options),
        ...forcedChampion(context),
        ...optional("runName", textOption(context.options, "runName")),
      };
      const request = {
        queue: "train" as const,
        payload: () => trainPayload(context.config, path, more),
        workers: { trainer: 1 },
      };
      if (context.options["detach"] === true) return detachJob(context, request);
      return runJob(context, request, async ({ session, result }) => {
        const steps = nextSteps(result, isNamed(context), session.kind);
        const text = [describeTraining(context.terminal, result), ...steps].join("\n");
        context.terminal.result(trainAnswer(result), text);
        return result.ok === false ? EXIT.check : EXIT.ok;
      });
    }),
  );
}

/** The options of training and tuning that say what a verdict leads to. */
export function addPromotionOptions(command: Command): Command {
  return command
    .option("--no-promote", "leave the champion as it is, whatever the verdict")
    .option("--require-promotion", "exit code 3 unless the champion check says PROMOTE");
}

/** The part of a payload that `addPromotionOptions` gives. */
export function promotionOptions(options: CommandContext["options"]) {
  return { promote: options["promote"] !== false, requirePromotion: options["requirePromotion"] === true };
}

/** What `--json` prints. */
function trainAnswer(result: TrainResult) {
  const { runId, runUrl, modelVersion, promoted, metrics, seconds, ...more } = result;
  return { runId, runUrl, modelVersion, promoted, metrics, seconds, ...more };
}

/** Room for the longest name of a metric, and a space. */
const TITLE_WIDTH = Math.max(...METRIC_NAMES.map((name) => METRICS[name].title.length)) + 1;

/**
 * Metrics of several row sets side by side, one metric per line; below them, why one is absent.
 * @param below what else is compared, by its title: a cell per column
 */
export function metricTable(
  columns: ReadonlyMap<string, ClassificationMetrics>,
  below: Readonly<Record<string, readonly string[]>> = {},
): string {
  const line = (title: string, cells: readonly string[]) =>
    `  ${title.padEnd(TITLE_WIDTH)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  const cell = (metrics: ClassificationMetrics, name: MetricName) => metrics[name]?.toFixed(4) ?? "-";
  const rows = METRIC_NAMES.map((name) =>
    line(
      METRICS[name].title,
      [...columns.values()].map((metrics) => cell(metrics, name)),
    ),
  );
  const others = Object.entries(below).map(([title, cells]) => line(title, cells));
  const reasons = METRIC_NAMES.flatMap((name) =>
    [...columns]
      .filter(([, metrics]) => metrics[name] === undefined)
      .map(
        ([column, { absent }]) =>
          `  no ${METRICS[name].title} of ${column}: ${printable(absent?.[name] ?? "not computed")}`,
      ),
  );
  return [line("", [...columns.keys()]), ...rows, ...others, ...reasons].join("\n");
}

function describeTraining(terminal: Terminal, result: TrainResult): string {
  const { rows } = result;
  return [
    promotionLine(terminal, result),
    metricTable(
      new Map([
        ["validation", result.metrics.validation],
        ["test", result.metrics.test],
      ]),
    ),
    `  rows: ${rows.train} train, ${rows.validation} validation, ${rows.test} test, ${rows.rejected} left out`,
    ...choiceLines(result),
    ...decisionLines(result).map((line) => `  ${printable(line)}`),
    ...result.notes.map((note) => `  note: ${printable(note)}`),
    `  ${result.seconds.toFixed(1)} s, run ${result.runId}`,
  ].join("\n");
}
