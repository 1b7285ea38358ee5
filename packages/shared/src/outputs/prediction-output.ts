import { lstat, stat } from "node:fs/promises";
import { basename } from "node:path";
import { batchFolderPath, type Receipt, readReceipt, receiptPath, rejectedPath } from "../contracts/receipt";
import { ColaError } from "../errors/cola-error";
import { fileDigest } from "../files/digest";
import { outputError, shownPath, systemCode } from "../files/file-errors";
import { checkEnding } from "../files/output-endings";
import { checkOutput, type OutputPlace, type OutputRules } from "../files/output-gate";

/** What a `predict` job reads and writes. */
export interface PredictionOutput {
  output: string;
  /** The file that is scored; none if it is not known yet. */
  inputs: readonly string[];
  force: boolean;
}

/** What each file of an output may do. */
export interface PredictionPlaces {
  output: OutputPlace;
  rejected: OutputPlace;
  receipt: OutputPlace;
}

/** Beside the output: its batch folder, which begins its life under a longer name, `.<name>.colaml.<12 hex digits>`. */
const LONGEST_SUFFIX = { bytes: 21, example: ".colaml and .receipt.json" };

/**
 * Asks the gate for an output and for all that is written beside it: receipt, rejected rows, batch folder. A receipt
 * and rejected rows of an output that is gone are leftovers of ours, and make room unasked.
 *
 * @param own the receipt of this very job, if it is known: rejected rows that it names are the job's own
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function checkPredictionOutput(
  { output, inputs, force }: PredictionOutput,
  own?: Receipt,
): Promise<PredictionPlaces> {
  checkEnding(output, "predictions");
  const rules: OutputRules = { inputs, force, longestSuffix: LONGEST_SUFFIX };
  const place = await checkOutput(output, rules);
  await checkBatchFolder(output);
  const left = await receiptOfOutput(output);
  const known = [own, left].filter((receipt) => receipt !== undefined);
  const beside = { inputs, force };
  return {
    output: place,
    receipt: await checkOutput(receiptPath(output), { ...beside, isOurs: async () => left !== undefined }),
    rejected: await checkOutput(rejectedPath(output), {
      ...beside,
      isOurs: (path) => isRejectedFileOf(path, known),
    }),
  };
}

/** The receipt beside an output if it is of a file of that name: folders may have moved since. */
async function receiptOfOutput(output: string): Promise<Receipt | undefined> {
  // a link is refused whatever it leads to
  if (!(await lstat(receiptPath(output)).catch(() => undefined))?.isFile()) return undefined;
  const receipt = await readReceipt(output);
  return receipt !== undefined && basename(receipt.output.path) === basename(output) ? receipt : undefined;
}

async function isRejectedFileOf(path: string, receipts: readonly Receipt[]): Promise<boolean> {
  const { size } = await stat(path);
  const fits = receipts.filter(({ rejectedFile }) => rejectedFile?.bytes === size);
  if (fits.length === 0) return false;
  const sha256 = await fileDigest(path);
  return fits.some(({ rejectedFile }) => rejectedFile?.sha256 === sha256);
}

async function checkBatchFolder(output: string): Promise<void> {
  const folder = batchFolderPath(output);
  try {
    if ((await lstat(folder)).isDirectory()) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw outputError(output, error);
  }
  throw new ColaError(
    "OUTPUT_UNWRITABLE",
    `cannot write ${shownPath(output)}: ${shownPath(folder)}, the name of its batch folder, is something else: move it away`,
  );
}
