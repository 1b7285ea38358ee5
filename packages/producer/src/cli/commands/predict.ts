import type { JobOf } from "@colaml/shared/contracts/catalogue";
import { describeDecisions } from "@colaml/shared/contracts/decision-counts";
import type { PredictJobInput, PredictResult } from "@colaml/shared/contracts/predict";
import { describeRepeatedIds, readReceipt } from "@colaml/shared/contracts/receipt";
import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";
import { withTextColumn } from "@colaml/shared/settings/text-columns";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { predictPayload, textsPayload } from "../../submit/payloads";
import { pasteable } from "../called-as";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { checkInput } from "../input-check";
import { modelChoice } from "../model-choice";
import { optional, textColumnOption, wholeOption } from "../options";
import { detachJob, runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { type SpooledStreams, STREAM, spoolStreams } from "../spooled-streams";
import { printable } from "../terminal";
import { userPath } from "../user-paths";
import { OWN_PREDICTORS } from "./own-predictors";
import { replay } from "./replay";

const EXAMPLES = `
Examples:
  $ cola predict tweets.csv --output scored.csv
  $ cola predict tweets.csv.gz --output scored.csv.gz --model models:/modelo_nuevo/3
  $ cola predict tweets.csv --output scored.csv --pass-through author_id created_at --force
  $ cola predict --text "my order never arrived" --text "we are happy to help"
  $ cola predict - --output - < tweets.csv > scored.csv
  $ cola predict - --input-format ndjson.gz --output - --output-format ndjson < in.ndjson.gz
  $ cola predict --replay scored.csv.receipt.json --model models:/modelo_nuevo/5
  $ cola predict tweets.csv --output scored.csv --json`;

const collect = (value: string, previous: string[] = []) => [...previous, value];

/** `cola predict FILE --output OUT`: scores a file of any size, or a few texts. */
export function addPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("score a file with a registered model, or a few texts")
    .argument("[file]", "CSV, TSV or NDJSON, also .gz or .zst; - is stdin")
    .option("-o, --output <file>", "where the scored rows go; it appears when it is complete; - is stdout")
    .option("--output-format <format>", "of stdout: csv, tsv or ndjson, each also .gz or .zst (default: csv)")
    .option("--text <text>", "score this text (may be repeated) instead of a file", collect)
    .option("--model <name|uri>", "model name, models:/name@alias or models:/name/version")
    .option(
      "--text-column <name>",
      "text column; given again, or a JSON list: several joined (default: as trained)",
      withTextColumn,
    )
    .option("--id-column <name>", "id column (default: as trained)")
    .option("--pass-through <columns...>", "input columns copied to the output")
    .option("--force", "replace an output that exists")
    .option("--explain <words>", "add the words that pushed each label, this many per row")
    .option("--spreadsheet-safe", "prefix cells that a spreadsheet would run as a formula")
    .option("--replay <receipt>", "score a past batch again and say which labels would have changed")
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["data", "predict.transport", "model.alias"]);
  command.action(
    handler(readFlags, async (context, file) => {
      if (context.options["replay"] !== undefined) return replay(context, file);
      await checkOutput(context, file);
      const streams = await streamsOf(context, file);
      try {
        return await predict(context, streams?.input ?? file, streams);
      } finally {
        await streams?.close();
      }
    }),
  );
}

/** Asks for the output before anything is read. @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE */
async function checkOutput({ options }: CommandContext, file: string | undefined): Promise<void> {
  const named = options["output"] as string | undefined;
  if (file === undefined || named === undefined || named === STREAM) return;
  const output = userPath(named);
  try {
    const inputs = file === STREAM ? [] : [userPath(file)];
    await checkPredictionOutput({ output, inputs, force: options["force"] === true });
  } catch (error) {
    // it may be complete, and its job killed before it could answer: whoever takes that job up knows
    if (toColaError(error).code === "OUTPUT_EXISTS" && (await readReceipt(output))) return;
    throw error;
  }
}

/** Files in the place of `-`; undefined if there is none. */
async function streamsOf(
  context: CommandContext,
  file: string | undefined,
): Promise<SpooledStreams | undefined> {
  const output = context.options["output"] as string | undefined;
  const { inputFormat } = context.config.data;
  const formats = {
    ...(file === STREAM && inputFormat !== "" && { inputFormat }),
    ...optional("outputFormat", context.options["outputFormat"] as string | undefined),
  };
  if (file === undefined || output === undefined) return undefined;
  if (file !== STREAM && output !== STREAM && Object.keys(formats).length === 0) return undefined;
  if (context.options["detach"] === true) {
    throw new ColaError(
      "USAGE",
      "--detach needs files: what a stream was spooled to is removed when the command ends",
    );
  }
  return spoolStreams({ input: file, output, ...formats }, context.config, { json: context.terminal.json });
}

async function predict(
  context: CommandContext,
  file: string | undefined,
  streams: SpooledStreams | undefined,
) {
  const job = await predictRequest(context, file, streams?.output);
  const run = <Queue extends "predict" | "predict-texts">(queue: Queue, payload: () => JobOf<Queue>) => {
    const request = { queue, payload, workers: { predictor: OWN_PREDICTORS } };
    if (context.options["detach"] === true) return detachJob(context, request);
    return runJob(context, request, ({ result }) => show(context, result, streams));
  };
  if (job.texts === undefined) return run("predict", () => predictPayload(context.config, job));
  const { texts, model, explain } = job;
  return run("predict-texts", () =>
    textsPayload(context.config, { texts, ...optional("model", model), ...optional("explain", explain) }),
  );
}

async function show(
  context: CommandContext,
  result: PredictResult,
  streams: SpooledStreams | undefined,
): Promise<undefined> {
  await streams?.deliver();
  const notes = [result.setAside, describeRepeatedIds(result.repeatedIds), ...(result.warnings ?? [])];
  for (const note of notes) {
    if (note !== undefined) context.terminal.warn(printable(note));
  }
  const described = describePrediction(result);
  // rows went to stdout: the summary goes to stderr
  if (context.options["output"] === STREAM) context.terminal.say(described.split("\n")[0]!);
  else if (result.predictions) context.terminal.data(predictAnswer(result), described);
  else context.terminal.result(predictAnswer(result), described);
  return undefined;
}

/** What the command line asks for. @throws ColaError USAGE, and what a look at the file finds */
export async function predictRequest(
  context: CommandContext,
  file: string | undefined,
  spooledOutput?: string,
): Promise<Partial<PredictJobInput>> {
  const { options, config } = context;
  const choice = modelChoice(config, options["model"] as string | undefined);
  const common = {
    model: choice.uri,
    ...optional("explain", wholeOption(options, "explain", 0, 20)),
  };
  const texts = options["text"] as string[] | undefined;
  if (texts && file === undefined) return { ...common, texts };
  if (texts || file === undefined) throw new ColaError("USAGE", "give either a file or --text");
  const output = spooledOutput ?? (options["output"] as string | undefined);
  if (output === undefined) throw new ColaError("USAGE", "give --output: the file the scored rows go to");
  const path = userPath(file);
  const columns = {
    ...optional("text", textColumnOption(options)),
    ...optional("id", options["idColumn"] as string | undefined),
  };
  const passThrough = (options["passThrough"] as string[] | undefined) ?? [];
  const others = columns.id === undefined ? passThrough : [...passThrough, columns.id];
  const input = datasetOf(config, path);
  await checkInput(input, { ...optional("text", columns.text), others });
  return {
    ...common,
    input,
    output: userPath(output),
    columns,
    passThrough,
    force: options["force"] === true,
    spreadsheetSafe: options["spreadsheetSafe"] === true,
  };
}

/** What `--json` prints. */
function predictAnswer(result: PredictResult) {
  const { rows, rejected, seconds, rowsPerSecond, modelVersion, output, ...more } = result;
  return { rows, rejected, seconds, rowsPerSecond, modelVersion, output, ...more };
}

function describePrediction(result: PredictResult): string {
  if (result.predictions) {
    return result.predictions
      .map(
        ({ label, decision, probabilities, withoutKnownWords }) =>
          `${printable(label)}\t${decision === undefined ? "" : `decision ${printable(decision)}\t`}${Object.entries(
            probabilities,
          )
            .map(([name, p]) => `${printable(name)} ${p.toFixed(4)}`)
            .join("\t")}${withoutKnownWords ? "\tno known word" : ""}`,
      )
      .join("\n");
  }
  const count = (rows: number) => rows.toLocaleString("en-US");
  const reasons = describeReasons(result.rejectedByReason);
  const unknown = result.withoutKnownWords?.rows ?? 0;
  const counted = [
    `${count(result.rows)} rows in ${result.seconds.toFixed(1)} s (${count(Math.round(result.rowsPerSecond))} rows/s)`,
    `${result.rejected} rejected${reasons === undefined ? "" : ` (${reasons})`}`,
    ...(unknown > 0 ? [`${count(unknown)} without a known word`] : []),
    `model version ${result.modelVersion}`,
  ];
  return [
    counted.join(", "),
    ...(result.decisions ? [`  ${printable(describeDecisions(result.decisions))}`] : []),
    `  output:  ${pasteable(result.output ?? "")}`,
    ...(result.receipt
      ? [
          `  receipt: ${pasteable(result.receipt)} (check it with: cola verify ${pasteable(result.output ?? "")})`,
        ]
      : []),
  ].join("\n");
}
