import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { describeDecisions } from "@colaml/shared/contracts/decision-counts";
import {
  describeRepeatedIds,
  describeSetAside,
  type FileFacts,
  receiptPath,
  type Verification,
  verifyReceipt,
} from "@colaml/shared/contracts/receipt";
import { describeWithoutKnownWords } from "@colaml/shared/contracts/without-known-words";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { inputError } from "@colaml/shared/files/file-errors";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import type { Command } from "commander";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";
import { STREAM } from "../spooled-streams";
import { printable } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola verify scored.csv
  $ cola verify scored.csv --input moved/tweets.csv
  $ zcat tweets.csv.gz | cola verify scored.csv --input -

Exit code 3: the output is not what its receipt says.`;

/** `cola verify OUT`: an output against its receipt; needs no server. */
export function addVerifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description("check a scored file against its receipt: every row once, nothing changed since")
    .argument("<output>", "a file that `cola predict` wrote")
    .option("--input <file>", "the input, if it was moved; - is stdin")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async ({ terminal, options }, file) => {
      const output = userPath(file!);
      const input = options["input"] as string | undefined;
      const verification = await verifyReceipt(
        output,
        input === undefined ? undefined : await factsOf(input),
      );
      const { receipt, problems } = verification;
      if (problems.length > 0) {
        throw new ColaError(
          "RECEIPT_MISMATCH",
          `${receiptPath(output)} does not balance: ${problems.join("; ")}${hintFor(problems)}`,
        );
      }
      terminal.result(
        {
          ok: true,
          output,
          rows: receipt.rows,
          rejectedByReason: receipt.rejectedByReason,
          withoutKnownWords: receipt.withoutKnownWords,
          decisions: receipt.decisions,
          repeatedIds: receipt.repeatedIds,
          setAside: receipt.setAside,
          chunks: receipt.chunks.length,
          model: receipt.model,
        },
        describe(output, verification),
      );
      return undefined;
    }),
  );
}

const hintFor = (problems: readonly string[]) =>
  problems.some((problem) => problem.startsWith("the input is missing"))
    ? " (give --input if it was moved, or --input - if it came from stdin)"
    : "";

/**
 * Size and digest of a file, or of stdin for `-`.
 * @throws ColaError INPUT_NOT_FOUND
 */
export async function factsOf(input: string): Promise<FileFacts> {
  const path = userPath(input);
  const bytes = input === STREAM ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 });
  const hash = createHash("sha256");
  let length = 0;
  try {
    for await (const piece of bytes as AsyncIterable<Buffer>) {
      hash.update(piece);
      length += piece.length;
    }
  } catch (error) {
    throw inputError(path, error);
  }
  return { bytes: length, sha256: hash.digest("hex") };
}

function describe(output: string, { receipt }: Verification): string {
  const { rows, chunks, model, withoutKnownWords } = receipt;
  const reasons = describeReasons(receipt.rejectedByReason);
  const rejected = `${rows.rejected} rejected${reasons === undefined ? "" : ` (${reasons})`}`;
  const notes = [
    describeSetAside(receipt),
    describeRepeatedIds(receipt.repeatedIds),
    describeWithoutKnownWords(withoutKnownWords, rows.out),
    receipt.decisions && describeDecisions(receipt.decisions),
  ];
  return [
    `${output} balances: ${rows.in} rows in = ${rows.out} out + ${rejected}, ${rows.duplicates} duplicates`,
    ...notes.flatMap((note) => (note === undefined ? [] : [`  ${printable(note)}`])),
    `  ${chunks.length} chunks without a gap; input and output have the digests of ${receipt.finishedAt.slice(0, 19)}Z`,
    `  ${model.name} version ${model.version}`,
  ].join("\n");
}
