import type { MonitorJobInput, MonitorResult, QualityCheck } from "@colaml/shared/contracts/monitor";
import { modelNameOf } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { EXIT } from "@colaml/shared/errors/error-table";
import { checkReport, scheduleMaker } from "@colaml/shared/outputs/report-output";
import { withTextColumn } from "@colaml/shared/settings/text-columns";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { monitorPayload } from "../../submit/payloads";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { checkInput } from "../input-check";
import { modelChoice } from "../model-choice";
import { numberOption, optional, textColumnOption, textOption } from "../options";
import { detachJob, runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola monitor labelled.csv
  $ cola monitor --predictions scored.csv --labels labels.csv
  $ cola monitor                                  # the latest predictions of the model
  $ cola monitor labelled.csv --accuracy-threshold 0.8 --report report.html
  $ cola monitor labelled.csv --json || echo "a check failed"

Exit code 3: a check failed. docs/errors.md lists the others.`;

const MONITOR_SETTINGS = ["data", "monitor", "model.alias", "mlflow.experiment"] as const;

/** `cola monitor`: quality and drift of a model on new rows; exit code 3 if a check fails. */
export function addMonitorCommand(program: Command): void {
  const command = addMonitorOptions(
    program.command("monitor").description("check quality and drift of a model on new rows"),
  )
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), MONITOR_SETTINGS);
  command.action(
    handler(readFlags, async (context, file) => {
      const job = await monitorRequest(context, file);
      const request = {
        queue: "monitor" as const,
        payload: () => monitorPayload(context.config, job),
        workers: { monitor: 1 },
      };
      if (context.options["detach"] === true) return detachJob(context, request);
      return runJob(context, request, async ({ result }) => {
        context.terminal.result(result, describeMonitoring(context.terminal, result));
        return result.ok ? EXIT.ok : EXIT.check;
      });
    }),
  );
}

/** The options that make a `monitor` payload, also for `cola schedule add monitor`. */
export function addMonitorOptions(command: Command): Command {
  return command
    .argument("[file]", "file with texts and, for quality, labels; without one: the latest predictions")
    .option("--predictions <file>", "output of `cola predict` instead of a file")
    .option("--labels <file>", "ids and labels of the predictions")
    .option(
      "--reference <file>",
      "what drift is compared with instead of the training's rows, such as recent weeks: a file like the one that is checked",
    )
    .option("--model <name|uri>", "model name, models:/name@alias or models:/name/version")
    .option(
      "--text-column <name>",
      "text column; given again, or a JSON list: several joined (default: as trained)",
      withTextColumn,
    )
    .option("--label-column <name>", "label column (default: as trained)")
    .option("--id-column <name>", "id column (default: as trained)")
    .option("--min-rows <count>", "least rows that a metric needs for a verdict")
    .option("--report <file>", "where the HTML report goes (default: the reports folder of COLAML_STATE_DIR)")
    .option("--force", "replace a report that exists");
}

/**
 * The part of a `monitor` payload that options give, its files looked at.
 *
 * @param schedule of which the jobs will be: the report of an earlier one may be replaced
 * @throws ColaError
 */
export async function monitorRequest(
  context: CommandContext,
  file: string | undefined,
  schedule?: string,
): Promise<Partial<MonitorJobInput>> {
  const { options, config } = context;
  const predictions = textOption(options, "predictions");
  if (file !== undefined && predictions !== undefined) {
    throw new ColaError("USAGE", "give a file or --predictions, not both");
  }
  const columns = {
    ...optional("text", textColumnOption(options)),
    ...optional("label", textOption(options, "labelColumn")),
    ...optional("id", textOption(options, "idColumn")),
  };
  const labels = textOption(options, "labels");
  const reference = textOption(options, "reference");
  const report = textOption(options, "report");
  const named = file ?? predictions;
  const path = named === undefined ? undefined : userPath(named);
  const input = path === undefined || file === undefined ? undefined : datasetOf(config, path);
  if (input !== undefined) await checkInput(input, optional("text", columns.text));
  else if (path !== undefined) await checkInput({ path }, {});
  const labelsFile = labels === undefined ? undefined : datasetOf(config, userPath(labels));
  if (labelsFile !== undefined) await checkInput(labelsFile, {});
  if (reference !== undefined) {
    const other = userPath(reference);
    await checkInput(input === undefined ? { path: other } : datasetOf(config, other), {});
  }
  const minRows = numberOption(options, "minRows");
  const request = {
    model: modelChoice(config, textOption(options, "model")).uri,
    columns,
    ...(input === undefined ? optional("predictions", path) : { input }),
    ...optional("labels", labelsFile),
    ...optional("reference", reference && userPath(reference)),
    ...optional("report", report && userPath(report)),
    ...(options["force"] === true ? { force: true } : {}),
    ...optional("minRows", minRows),
  };
  const maker = schedule === undefined ? undefined : scheduleMaker(schedule, modelNameOf(request.model));
  await checkReport(request, maker);
  return request;
}

function describeMonitoring(terminal: Terminal, result: MonitorResult): string {
  const word = result.verdict.toUpperCase();
  const mark = !result.ok
    ? terminal.red(word)
    : result.verdict === "warn"
      ? terminal.bold(word)
      : terminal.green(word);
  const drift = result.drift
    ? [`  drift: ${result.drift.level} over ${result.drift.rows} rows${againstOf(result)}${wordsOf(result)}`]
    : [`  drift: not computed (${result.driftAbsent ?? "no reason given"})`];
  return [
    `${terminal.bold(mark)} ${printable(result.summary)}`,
    `  ${result.model} version ${result.modelVersion}: ${result.rows} rows, ${result.n} with a label${labelNote(result)}, ${result.rejected} left out${abstainedNote(result)}`,
    ...shownChecks(result).map((check) => checkLine(terminal, check)),
    ...estimateLines(result),
    ...drift,
    ...result.alerts.map(
      (alert) => `  alert (${alert.severity}, ${alert.status}): ${printable(alert.message)}`,
    ),
    ...(result.loop ?? []).map((line) => `  closed loop: ${printable(line)}`),
    ...result.warnings.map((warning) => `  note: ${printable(warning)}`),
    ...(result.report ? [`  report: ${result.report}`] : []),
  ].join("\n");
}

/** Labels that are not a class of the model, and rows that no label could be joined with. */
/** The quality is of the labels: what the rule abstained on counts in it, too. */
function abstainedNote({ abstained }: MonitorResult): string {
  if (abstained === undefined) return "";
  return `, ${abstained.rows} abstained on (${(100 * abstained.share).toFixed(1)}%; quality is of the labels)`;
}

function labelNote({ foreignLabels, labels }: MonitorResult): string {
  const foreign = foreignLabels?.rows ?? 0;
  const ambiguous = labels?.ambiguous?.rows ?? 0;
  return `${foreign > 0 ? ` (${foreign} of them not a class of the model)` : ""}${ambiguous > 0 ? `, ${ambiguous} with an ambiguous id` : ""}`;
}

/** The accuracy to expect without labels, under both assumptions, beside the one with them. */
function estimateLines({
  estimated,
  estimatedAbsent,
  estimatedSharesShifted: shifted,
  metrics,
}: MonitorResult): string[] {
  const value = estimated?.accuracy_score;
  if (value === undefined)
    return [`  estimated accuracy: not computed (${estimatedAbsent ?? "no reason given"})`];
  const realised =
    metrics.accuracy_score === undefined ? "" : `; with them ${metrics.accuracy_score.toFixed(4)}`;
  const ifShares = shifted?.metrics.accuracy_score;
  if (shifted === undefined || ifShares === undefined)
    return [`  estimated accuracy: ${value.toFixed(4)} without labels${realised}`];
  return [
    `  estimated accuracy: ${value.toFixed(4)} without labels if only the texts moved, ${ifShares.toFixed(4)} if the classes' shares did${realised}`,
    `  estimated shares: ${sharesOf(shifted)}`,
  ];
}

const SHARES_SHOWN = 5;

/** The classes whose shares moved most. */
function sharesOf({ classShares }: NonNullable<MonitorResult["estimatedSharesShifted"]>): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const shown = [...classShares]
    .sort((a, b) => Math.abs(b.estimated - b.training) - Math.abs(a.estimated - a.training))
    .slice(0, SHARES_SHOWN)
    .map(
      (each) => `${printable(each.class)} ${percent(each.estimated)} (training ${percent(each.training)})`,
    );
  const more = classShares.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Checks for a person: the tightest bound of each metric or class, and all below theirs. The object has them all. */
export function shownChecks({ checks }: MonitorResult): QualityCheck[] {
  const tightest = new Map<string, QualityCheck>();
  const subject = ({ metric, class: name }: QualityCheck) => JSON.stringify([metric, name]);
  for (const check of checks) {
    const known = tightest.get(subject(check));
    if (!known || check.bound > known.bound) tightest.set(subject(check), check);
  }
  return checks.filter(
    (check) => check.status === "fail" || check.status === "warn" || tightest.get(subject(check)) === check,
  );
}

export function checkLine(terminal: Terminal, check: QualityCheck): string {
  const status = check.status.padEnd(10);
  const painted =
    check.status === "pass"
      ? terminal.green(status)
      : check.status === "fail"
        ? terminal.red(status)
        : check.status === "warn"
          ? terminal.bold(status)
          : status;
  const interval = check.interval ? ` [${check.interval.map((bound) => bound.toFixed(4)).join(", ")}]` : "";
  const value =
    check.value === undefined
      ? `- (${check.reason ?? "not computed"})`
      : `${check.value.toFixed(4)}${interval}`;
  const subject = check.class === undefined ? check.metric : `recall of ${printable(check.class)}`;
  const note = check.value !== undefined && check.reason ? `: ${printable(check.reason)}` : "";
  return `  ${painted} ${subject.padEnd(16)} ${value} against ${check.bound.toFixed(4)} (${check.kind}, n ${check.n})${note}`;
}

function againstOf({ drift }: MonitorResult): string {
  const reference = drift?.reference;
  return reference ? ` against ${reference.rows} rows of ${printable(reference.path)}` : "";
}

function wordsOf({ drift }: MonitorResult): string {
  const names = (words: { word: string; significant: boolean }[]) =>
    words
      .filter(({ significant }) => significant)
      .slice(0, 5)
      .map(({ word }) => printable(word))
      .join(" ");
  const rose = names(drift?.rose ?? []);
  const fell = names(drift?.fell ?? []);
  const fresh = (drift?.newWords ?? [])
    .slice(0, 5)
    .map(({ word }) => printable(word))
    .join(" ");
  const part = (title: string, list: string) => (list === "" ? "" : `; ${title}: ${list}`);
  return `${part("more often", rose)}${part("less often", fell)}${part("new words", fresh)}`;
}
