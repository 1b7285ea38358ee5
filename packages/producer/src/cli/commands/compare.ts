import type { CompareResult } from "@colaml/shared/contracts/compare";
import { modelUri } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { LabelChanges } from "@colaml/shared/learning/model/label-changes";
import { withTextColumn } from "@colaml/shared/settings/text-columns";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { comparePayload } from "../../submit/payloads";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { checkInput } from "../input-check";
import { numberOption, optional, textColumnOption, textOption, wholeOption } from "../options";
import { detachJob, runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";
import { metricTable } from "./train";

const EXAMPLES = `
Examples:
  $ cola models compare champion 5 new.csv
  $ cola models compare 3 5 labelled.csv --label-column team
  $ cola models compare models:/a/1 models:/b/2 new.csv --json`;

/** Lines of a list that a person reads. */
const SHOWN = 8;

/** `cola models compare A B FILE`: where two versions differ on the same rows, why, and which is better. */
export function addCompareCommand(models: Command): void {
  const command = models
    .command("compare")
    .description("two versions on the same rows: whose labels differ, why, and which is better")
    .argument("<baseline>", "a version, an alias or a models:/ URI: what there is")
    .argument("<challenger>", "the same: what may replace it")
    .argument("<file>", "rows with texts and, to judge quality, labels")
    .option(
      "--text-column <name>",
      "text column; given again, or a JSON list: several joined (default: as the challenger was trained)",
      withTextColumn,
    )
    .option("--label-column <name>", "label column (default: the same)")
    .option("--alpha <number>", "chance of calling one of two equal versions better (default: 0.05)")
    .option("--examples <count>", "rows whose label differs that are shown, masked (default: 8)")
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["data", "model.name"]);
  command.action(
    handler(readFlags, async (context, baseline, challenger, file) => {
      const { options, config } = context;
      const columns = {
        ...optional("text", textColumnOption(options)),
        ...optional("label", textOption(options, "labelColumn")),
      };
      const input = datasetOf(config, userPath(file!));
      await checkInput(input, columns);
      const job = {
        baseline: versionUri(context, baseline!),
        challenger: versionUri(context, challenger!),
        input,
        columns,
        ...optional("alpha", numberOption(options, "alpha")),
        ...optional("examples", wholeOption(options, "examples", 0, 50)),
      };
      const request = {
        queue: "compare" as const,
        payload: () => comparePayload(config, job),
        workers: { monitor: 1 },
      };
      if (options["detach"] === true) return detachJob(context, request);
      return runJob(context, request, async ({ result }) => {
        context.terminal.result(result, describeComparison(context.terminal, result));
        return undefined;
      });
    }),
  );
}

/**
 * The URI of a version that was typed as `5`, `champion` or `models:/name/5`.
 * @throws ColaError USAGE
 */
function versionUri({ config }: CommandContext, given: string): string {
  const { name } = config.model;
  const uri = given.startsWith("models:/")
    ? given
    : `models:/${name}${/^\d+$|^latest$/.test(given) ? "/" : "@"}${given}`;
  if (modelUri.safeParse(uri).success) return uri;
  throw new ColaError(
    "USAGE",
    `${JSON.stringify(given)} is not a version: allowed are a number that \`cola models\` lists, an alias, or models:/name/5`,
  );
}

function describeComparison(terminal: Terminal, result: CompareResult): string {
  const { baseline, challenger, quality } = result;
  const title = ({ model, version }: CompareResult["baseline"]) =>
    baseline.model === challenger.model ? `version ${version}` : `${model} ${version}`;
  const [low, high] = result.interval.map((share) => (100 * share).toFixed(1));
  return [
    `${terminal.bold(`${title(baseline)} and ${title(challenger)}`)}: ${printable(result.summary)}`,
    ...changeLines(result, title(baseline), title(challenger)),
    `  95% interval of the share: ${low}% to ${high}%; ${result.rejected} rows left out`,
    ...wordLines(result),
    ...exampleLines(result),
    ...(quality
      ? [
          `  quality on ${result.labelled} labelled rows`,
          metricTable(
            new Map([
              [title(baseline), quality.baseline.metrics],
              [title(challenger), quality.challenger.metrics],
            ]),
          ),
        ]
      : []),
    ...result.warnings.map((warning) => `  note: ${printable(warning)}`),
  ].join("\n");
}

/** Label counts by class on both sides, and what became what: also of a replayed batch. */
export function changeLines(changes: LabelChanges, before: string, after: string): string[] {
  const { byClass, changed } = changes;
  const width = Math.max(8, ...byClass.slice(0, SHOWN).map(({ label }) => printable(label).length));
  const columns = [before, after, "left", "joined"].map((name) => name.padStart(12)).join("");
  const rows = byClass.slice(0, SHOWN).map(({ label, baseline, challenger, left, joined }) => {
    const cells = [baseline, challenger, left, joined].map((count) => String(count).padStart(12));
    return `  ${printable(label).padEnd(width)}${cells.join("")}`;
  });
  const more = byClass.length > SHOWN ? [`  and ${byClass.length - SHOWN} more labels: see --json`] : [];
  const became = changes.changes
    .slice(0, SHOWN)
    .map(({ from, to, rows: count }) => `${printable(from)} -> ${printable(to)} ${count}`);
  return [
    `  ${"label".padEnd(width)}${columns}`,
    ...rows,
    ...more,
    ...(changed > 0 ? [`  changed: ${became.join(", ")}`] : []),
  ];
}

function wordLines({ words, elsewhere }: CompareResult): string[] {
  if (words.length === 0) return [];
  const shown = words.slice(0, SHOWN).map(({ word, from, to, rows, share }) => {
    const percent = `${(100 * share).toFixed(1)}%`.padStart(7);
    return `    ${percent}  ${JSON.stringify(printable(word))} in ${rows} rows, ${printable(from)} -> ${printable(to)}`;
  });
  const rest = elsewhere === undefined ? "" : `, ${(100 * elsewhere).toFixed(1)}% by words that are absent`;
  return [`  what moved the labels, by word${rest}`, ...shown];
}

function exampleLines({ examples }: CompareResult): string[] {
  if (examples.length === 0) return [];
  const chance = (value: number) => value.toFixed(2);
  return [
    "  examples, masked",
    ...examples.map(
      ({ text, from, to, probabilities }) =>
        `    ${printable(from)} (${chance(probabilities.baseline)}) -> ${printable(to)} (${chance(probabilities.challenger)}): ${printable(text)}`,
    ),
  ];
}
