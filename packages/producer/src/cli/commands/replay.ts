import { mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Dataset } from "@colaml/shared/contracts/names";
import type { PredictJobInput, PredictResult } from "@colaml/shared/contracts/predict";
import { type Receipt, receiptPath, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { LabelChanges } from "@colaml/shared/learning/model/label-changes";
import { LabelChangeCounts } from "@colaml/shared/learning/model/label-changes";
import { requestOfReceipt } from "@colaml/shared/outputs/batch-request";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { formatOf } from "@colaml/shared/tables/file-format";
import { predictPayload } from "../../submit/payloads";
import type { CommandContext } from "../command-context";
import { modelChoice } from "../model-choice";
import { optional, textOption } from "../options";
import { cancelOnInterrupt, runJob } from "../run-job";
import { STREAM } from "../spooled-streams";
import { userPath } from "../user-paths";
import { changeLines } from "./compare";
import { OWN_PREDICTORS } from "./own-predictors";
import { factsOf } from "./verify";

/** What `cola predict --replay` prints with `--json`. */
export interface ReplayAnswer extends LabelChanges {
  /** The batch of the receipt. */
  batch: { jobId: string; output: string; model: string; version: string };
  /** The version that scored it again. */
  model: string;
  version: string;
  rejected: number;
  /** Only if it was asked for: the rows as they would be. */
  output?: string;
}

const RECEIPT = /\.receipt\.json$/;

/**
 * `cola predict --replay OUT.receipt.json`: scores a past batch again, with its input, columns and settings, and says
 * what would have changed. Nothing of the batch is touched.
 *
 * @param moved path of its input, if it was moved
 * @throws ColaError RECEIPT_MISMATCH, INPUT_CHANGED, INPUT_EMPTY, USAGE, and what predicting throws
 */
export async function replay(
  context: CommandContext,
  moved: string | undefined,
): Promise<number | undefined> {
  const { options, config } = context;
  refuseOptions(context);
  const output = userPath(textOption(options, "replay")!.replace(RECEIPT, ""));
  const receipt = await checkedReceipt(output, moved);
  const { name } = receipt.model;
  const model = modelChoice(config, textOption(options, "model") ?? name).uri;
  const wanted = textOption(options, "output");
  const path = moved === undefined ? receipt.input.path : userPath(moved);
  await checkWanted(context, wanted, [path, output, receiptPath(output)]);
  const folder = wanted === undefined ? await spoolFolder(context) : undefined;
  const replayed = wanted === undefined ? join(folder!, "replayed.csv") : userPath(wanted);
  const job = jobOf(receipt, path, replayed, {
    model,
    force: options["force"] === true,
    isKept: wanted !== undefined,
  });
  const request = {
    queue: "predict" as const,
    payload: () => predictPayload(config, job),
    workers: { predictor: OWN_PREDICTORS },
    // Without an output nobody could use what the job would still make.
    ...(wanted === undefined ? { onInterrupt: cancelOnInterrupt } : {}),
  };
  try {
    return await runJob(context, request, async ({ result }) => {
      checkReplayed(receipt, result);
      const changes = await changesBetween(
        outputOf(output, outputFormat(receipt)),
        outputOf(replayed, formatOf({ path: replayed })),
      );
      const answer: ReplayAnswer = {
        batch: { jobId: receipt.jobId, output, model: name, version: receipt.model.version },
        model: modelOf(model),
        version: result.modelVersion,
        rejected: result.rejected,
        ...optional("output", wanted === undefined ? undefined : replayed),
        ...changes,
      };
      context.terminal.result(answer, describeReplay(answer));
      return undefined;
    });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

const modelOf = (uri: string) => uri.slice("models:/".length).split(/[@/]/, 1)[0]!;
/** As the predictor writes it: nothing about it is to be recognised. */
const outputOf = (path: string, format: Dataset["format"]): Dataset => ({
  path,
  ...optional("format", format),
  ...(format === "csv" ? { delimiter: "," } : {}),
});
const outputFormat = ({ settings }: Receipt) =>
  (settings["plan"] as { output?: { format?: Dataset["format"] } } | undefined)?.output?.format;

/** A replay reads as its batch did: what says otherwise would compare something else. */
function refuseOptions({ options, flags }: CommandContext): void {
  const known = [
    "text",
    "textColumn",
    "idColumn",
    "passThrough",
    "explain",
    "outputFormat",
    "spreadsheetSafe",
  ];
  const given = [
    ...[...known, "detach"].filter((option) => options[option] !== undefined),
    ...Object.keys(flags).filter((key) => key.startsWith("data.")),
  ];
  if (given.length === 0) return;
  throw new ColaError(
    "USAGE",
    `--replay takes everything from the receipt but --model, --output and --force: leave out ${given.join(", ")}`,
  );
}

async function checkedReceipt(output: string, moved: string | undefined): Promise<Receipt> {
  const facts = moved === undefined ? undefined : await factsOf(moved);
  const { receipt, problems: found } = await verifyReceipt(output, facts);
  // Lines that were left out have no label that could change.
  const problems = found.filter((line) => !line.startsWith("the rejected file"));
  const [problem] = problems;
  if (problem !== undefined) {
    const ofInput = problem.startsWith("the input");
    const mend = ofInput ? "; if the input was moved, name it: cola predict INPUT --replay ..." : "";
    throw new ColaError(
      ofInput ? "INPUT_CHANGED" : "RECEIPT_MISMATCH",
      `${receiptPath(output)} cannot be replayed: ${problems.join("; ")}${mend}`,
    );
  }
  if (receipt.rows.out === 0)
    throw new ColaError("INPUT_EMPTY", `${output} has no row whose label could change`);
  const [aside] = receipt.setAside;
  if (aside === undefined) return receipt;
  throw new ColaError(
    "USAGE",
    `${receipt.rows.setAside} rows of ${output} are in chunks that failed and have no label to compare with: predict the file again, then replay that batch`,
  );
}

/** Nothing of the batch may be replaced, not even with --force. @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE */
async function checkWanted(
  { options }: CommandContext,
  wanted: string | undefined,
  inputs: readonly string[],
): Promise<void> {
  if (wanted === STREAM)
    throw new ColaError("USAGE", "--replay prints what would have changed: --output is a file");
  if (wanted === undefined) return;
  await checkPredictionOutput({ output: userPath(wanted), inputs, force: options["force"] === true });
}

/** Where workers may write, and nobody looks. */
async function spoolFolder({ config }: CommandContext): Promise<string> {
  const { dataDir, stateDir } = config.paths;
  const root = resolve(dataDir === "" ? stateDir : dataDir);
  await makeFolder(root);
  return mkdtemp(stateFolder(root).replays).catch((error: unknown) => {
    throw outputError(root, error);
  });
}

function jobOf(
  receipt: Receipt,
  path: string,
  output: string,
  { model, force, isKept }: { model: string; force: boolean; isKept: boolean },
): Partial<PredictJobInput> {
  const { input, columns, passThrough, explain, spreadsheetSafe, range } = requestOfReceipt(receipt);
  return {
    model,
    input: { ...input, path },
    output,
    columns,
    spreadsheetSafe,
    force,
    // As many as then: whether that was too many was decided then.
    maxRejected: receipt.rows.rejected,
    ...optional("range", range),
    // Of no use if only labels are compared.
    ...(isKept ? { passThrough, explain } : {}),
  };
}

/** @throws ColaError INPUT_CHANGED, CHUNK_FAILED */
function checkReplayed({ rows, input }: Receipt, result: PredictResult): void {
  if (result.setAside !== undefined) throw new ColaError("CHUNK_FAILED", result.setAside);
  if (result.rows === rows.out && result.rejected === rows.rejected) return;
  throw new ColaError(
    "INPUT_CHANGED",
    `the replay has ${result.rows} rows and ${result.rejected} rejected, the batch had ${rows.out} and ${rows.rejected}: ${input.path} changed meanwhile, or an older release read it differently`,
  );
}

/** Labels of two outputs of the same rows in the same order, counted in one pass. */
async function changesBetween(before: Dataset, after: Dataset): Promise<LabelChanges> {
  const counts = new LabelChangeCounts();
  const labels = (dataset: Dataset) => readDataset(dataset, { others: ["label"] }).batches();
  const others = labels(after);
  for await (const batch of labels(before)) {
    const next = await others.next();
    const [from, to] = [batch.others[0]!, next.done ? [] : next.value.others[0]!];
    if (from.length !== to.length)
      throw new ColaError("INTERNAL", "two outputs of the same rows differ in length");
    for (const [row, label] of from.entries()) counts.add(label, to[row]!);
  }
  return counts.result();
}

function describeReplay(answer: ReplayAnswer): string {
  const { batch, model, version, rows, changed, share } = answer;
  const [before, after] =
    batch.model === model
      ? [`version ${batch.version}`, `version ${version}`]
      : [`${batch.model} ${batch.version}`, `${model} ${version}`];
  return [
    `${batch.output} by ${after} instead of ${before}: ${changed} of ${rows} rows (${(100 * share).toFixed(1)}%) would have another label`,
    ...changeLines(answer, before, after),
    ...(answer.output === undefined ? [] : [`  output: ${answer.output}`]),
  ].join("\n");
}
