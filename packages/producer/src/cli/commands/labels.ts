import { LABEL_TOOLS, type LabelsResult, type LabelTool } from "@colaml/shared/contracts/labels";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { labelsPayload } from "../../submit/payloads";
import { addCommonOptions, handler } from "../command-context";
import { checkInput } from "../input-check";
import { optional, textOption } from "../options";
import { detachJob, runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola labels answered.csv
  $ cola labels project-1.json --from label-studio
  $ cola labels records.jsonl --from argilla --label-column sentiment
  $ cola labels answered.csv --id-column ticket --label-column team --predictions scored.csv`;

/** `cola labels FILE`: labels that came late, kept by id for the next `cola monitor`. */
export function addLabelsCommand(program: Command): void {
  const command = program
    .command("labels")
    .description("add labels that came late: ids and labels, in any order; one that comes twice counts once")
    .argument("<file>", "CSV, TSV or NDJSON with an id and a label column")
    .option(
      "--from <tool>",
      `an export of ${LABEL_TOOLS.join(" or ")}, as JSON, JSONL or CSV (docs/labelling.md)`,
    )
    .option(
      "--predictions <file>",
      "output of `cola predict` to match at once, so that unknown ids are named",
    )
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), [
    "data",
    "columns.label",
    "columns.id",
    "model.name",
  ]);
  command.action(
    handler(readFlags, async (context, file) => {
      const path = userPath(file!);
      const { label, id } = context.config.columns;
      const input = datasetOf(context.config, path);
      const source = toolOf(textOption(context.options, "from"));
      if (source === undefined) await checkInput(input, { label, others: [id] });
      const predictions = textOption(context.options, "predictions");
      const request = {
        queue: "labels" as const,
        payload: () =>
          labelsPayload(context.config, {
            input,
            columns: { label, id },
            ...optional("source", source),
            ...optional("predictions", predictions && userPath(predictions)),
          }),
        workers: { monitor: 1 },
      };
      if (context.options["detach"] === true) return detachJob(context, request);
      return runJob(context, request, async ({ result }) => {
        context.terminal.result(result, describeLabels(result));
        return undefined;
      });
    }),
  );
}

/** @throws ColaError USAGE */
function toolOf(given: string | undefined): LabelTool | undefined {
  if (given === undefined) return undefined;
  const tool = LABEL_TOOLS.find((name) => name === given);
  if (tool !== undefined) return tool;
  throw new ColaError("USAGE", `--from is ${JSON.stringify(given)}: allowed are ${LABEL_TOOLS.join(", ")}`);
}

function describeLabels(result: LabelsResult): string {
  const { unknown, ambiguous } = result;
  const first = unknown && unknown.count > 0 ? `, e.g. ${unknown.first.slice(0, 5).join(", ")}` : "";
  const counts = [
    `${result.added} labels added`,
    `${result.changed} changed`,
    `${result.known} known already`,
    ...(ambiguous && ambiguous.rows > 0 ? [`${ambiguous.rows} ambiguous`] : []),
    `${result.rejected} left out`,
  ];
  return [
    `${result.model}: ${counts.join(", ")}; ${result.total} in all`,
    ...(unknown ? [`  ${unknown.count} ids have no prediction${printable(first)}`] : []),
    ...(result.warnings ?? []).map((warning) => `  note: ${printable(warning)}`),
  ].join("\n");
}
