import {
  describeRepeatedIds,
  describeSetAside,
  receiptPath,
  type Verification,
  verifyReceipt,
} from "@colaml/shared/data/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Command } from "commander";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ npm run cola -- verify scored.csv

Exit code 3: the output is not what its receipt says.`;

/** `cola verify OUT`: an output against its receipt; needs no server. */
export function addVerifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description("check a scored file against its receipt: every row once, nothing changed since")
    .argument("<output>", "a file that `cola predict` wrote")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async ({ terminal }, file) => {
      const output = userPath(file!);
      const verification = await verifyReceipt(output);
      const { receipt, problems } = verification;
      if (problems.length > 0) {
        throw new ColaError(
          "RECEIPT_MISMATCH",
          `${receiptPath(output)} does not balance: ${problems.join("; ")}`,
        );
      }
      terminal.result(
        {
          ok: true,
          output,
          rows: receipt.rows,
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

function describe(output: string, { receipt }: Verification): string {
  const { rows, chunks, model } = receipt;
  const notes = [describeSetAside(receipt), describeRepeatedIds(receipt.repeatedIds)];
  return [
    `${output} balances: ${rows.in} rows in = ${rows.out} out + ${rows.rejected} rejected, ${rows.duplicates} duplicates`,
    ...notes.flatMap((note) => (note === undefined ? [] : [`  ${printable(note)}`])),
    `  ${chunks.length} chunks without a gap; input and output have the digests of ${receipt.finishedAt.slice(0, 19)}Z`,
    `  ${model.name} version ${model.version}`,
  ].join("\n");
}
