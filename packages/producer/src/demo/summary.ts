import type { TrainResult } from "@colaml/shared/contracts/train";
import { pasteable } from "../cli/called-as";
import { checkLine, shownChecks } from "../cli/commands/monitor";
import { metricTable } from "../cli/commands/train";
import { promotionLine } from "../cli/next-steps";
import { printable, type Terminal } from "../cli/terminal";
import type { Addresses } from "../local/whole-stack";
import type { DemoResults } from "./demo-results";

/** What happened and where everything is, for a person who sees ColaML for the first time. */
export function summarise(terminal: Terminal, results: DemoResults, at: Addresses, keeps: boolean): string {
  const { train, best, predict, monitor, files } = results;
  const heading = (text: string) => `\n${terminal.bold(text)}`;
  const rate = Math.round(predict.rowsPerSecond).toLocaleString("en-US");
  const count = (rows: number) => rows.toLocaleString("en-US");
  const word = monitor.verdict.toUpperCase();
  const verdict = monitor.ok ? terminal.green(word) : terminal.red(word);
  return [
    heading("1. Train"),
    `  ${promotionLine(terminal, train)}`,
    ...(train.promoted ? [] : ["  (all that follows is with this very version)"]),
    `  learned from ${count(train.rows.train)} rows, ${count(train.rows.rejected)} left out`,
    ...trainingLines(train, best),
    heading("2. Predict"),
    `  ${count(predict.rows)} rows with version ${predict.modelVersion}, ${rate} rows/s, ${count(predict.rejected)} left out (no text)`,
    `  ${pasteable(files.output)}`,
    heading("3. Monitor"),
    `  ${verdict}: ${printable(monitor.summary)}`,
    ...shownChecks(monitor).map((check) => checkLine(terminal, check)),
    ...(files.same
      ? ["  (these rows include those it was trained on: monitor new rows for an honest answer)"]
      : []),
    heading("Where it is"),
    `  model        models:/${train.model}/${predict.modelVersion}`,
    `  MLflow run   ${results.runUrl}`,
    `  dashboard    ${at.dashboard}`,
    `  predictions  ${pasteable(files.output)}`,
    ...(monitor.report ? [`  report       ${pasteable(monitor.report)}`] : []),
    "",
    keeps
      ? `All of it keeps running; Ctrl-C stops it. ${results.seconds.toFixed(0)} s in all.`
      : `${results.seconds.toFixed(0)} s in all. The servers stop now, their data stays: \`cola up\` shows it again.`,
  ].join("\n");
}

/** The metrics of the training; if another one is compared, both on the test rows, and what it gained. */
function trainingLines(train: TrainResult, best: TrainResult | undefined): string[] {
  if (best === undefined)
    return [
      metricTable(
        new Map([
          ["validation", train.metrics.validation],
          ["test", train.metrics.test],
        ]),
      ),
    ];
  const columns = [
    ["preset seed", train],
    ["preset best", best],
  ] as const;
  const seconds = columns.map(([, result]) => result.seconds.toFixed(1));
  const gained = 100 * ((best.metrics.test.accuracy_score ?? 0) - (train.metrics.test.accuracy_score ?? 0));
  return [
    metricTable(new Map(columns.map(([name, { metrics }]) => [name, metrics.test])), { seconds }),
    `  --preset best: words and characters, a linear model: ${gained < 0 ? "" : "+"}${gained.toFixed(1)} points of accuracy on the ${best.rows.test.toLocaleString("en-US")} test rows`,
  ];
}
