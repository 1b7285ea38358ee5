import { resolve } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { Command } from "commander";
import { sampleColumns } from "../../submit/column-samples";
import { datasetOf } from "../../submit/dataset";
import { type ColumnGuess, guessColumns } from "../../submit/guess-columns";
import { pasteable } from "../called-as";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { writeEnvFile } from "../env-file";
import { addSettingFlags } from "../setting-flags";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola init reviews.csv
  $ cola init reviews.csv --label-column stars
  $ cola init reviews.csv --model reviews --force`;

const ROLES = ["text", "label", "id"] as const;

/** What is written, and how each value was found. */
interface Finding {
  key: string;
  value: string;
  because: string;
}

/** `cola init FILE`: a `.env` with the columns of a file, so that no command has to name them. */
export function addInitCommand(program: Command): void {
  const command = program
    .command("init")
    .description("write a .env with the columns of a labelled file: guessed, and said")
    .argument("<file>", "a labelled file")
    .option("--force", "replace these settings in a .env that is there")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["columns", "data", "model.name"]);
  command.action(
    handler(readFlags, async (context, file) => {
      const { terminal, options } = context;
      const path = resolve(".env");
      const findings = await findSettings(context, userPath(file!));
      const settings = Object.fromEntries(findings.map(({ key, value }) => [variableOf(key), value]));
      await writeEnvFile(path, settings, options["force"] === true);
      terminal.result(
        { path, settings },
        [
          `${pasteable(path)}:`,
          ...findings.map(({ key, value, because }) => `  ${variableOf(key)}=${value}  (${because})`),
          `  next: cola train ${pasteable(file!)}`,
        ].join("\n"),
      );
      return undefined;
    }),
  );
}

const variableOf = (key: string) => SETTINGS.find((setting) => setting.key === key)!.env;

async function findSettings(context: CommandContext, path: string): Promise<Finding[]> {
  const { config, flags, terminal } = context;
  const { columns: samples, notes } = await sampleColumns(datasetOf(config, path));
  for (const note of notes) terminal.say(note);
  const guesses = guessColumns(samples);
  const names = samples.map(({ name }) => name);
  const columns = ROLES.flatMap((role): Finding[] => {
    const key = `columns.${role}`;
    if (flags[key] !== undefined) return [];
    const guess = guesses[role];
    if ("name" in guess) return [{ key, value: guess.name, because: guess.because }];
    if (role !== "id") throw notClear(path, role, guess, names);
    terminal.say("no column is taken for ids: rows are numbered. --id-column names one");
    return [];
  });
  const given = Object.entries(flags).map(([key, value]) => ({
    key,
    value: String(value),
    because: "given",
  }));
  const missing = textColumnsMissing(given, names);
  if (missing !== undefined)
    throw new ColaError(
      "COLUMN_NOT_FOUND",
      `${path} has no column ${JSON.stringify(missing)}; it has: ${names.join(", ")}`,
    );
  return [...columns, ...given];
}

/** A single column that was named and is not in the file; lists of text columns are checked when they are read. */
const textColumnsMissing = (given: readonly Finding[], names: readonly string[]) =>
  given.find(
    ({ key, value }) => key.startsWith("columns.") && !value.startsWith("[") && !names.includes(value),
  )?.value;

function notClear(
  path: string,
  role: "text" | "label",
  guess: Extract<ColumnGuess, { among: string[] }>,
  names: readonly string[],
): ColaError {
  const found =
    guess.among.length === 0
      ? `no column of ${path} looks like a ${role} (it has ${names.join(", ")})`
      : `${path} has several columns that may be the ${role} (${guess.among.join(", ")})`;
  return new ColaError("USAGE", `${found}: name it with --${role}-column NAME`);
}
