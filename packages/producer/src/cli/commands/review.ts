import { ColaError } from "@colaml/shared/errors/cola-error";
import { checkEnding } from "@colaml/shared/files/output-endings";
import { checkOutput, writeOutput } from "@colaml/shared/files/output-gate";
import { textColumnsOf, withTextColumn } from "@colaml/shared/settings/text-columns";
import type { Command } from "commander";
import { pickRows, type Review, type ReviewCounts } from "../../review/pick-rows";
import { REVIEW_FORMATS, REVIEW_KIND, type ReviewFormat, reviewFile } from "../../review/review-files";
import { type ScoredPass, scoredRows } from "../../review/scored-rows";
import { datasetOf } from "../../submit/dataset";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { textColumnOption, textOption, wholeOption } from "../options";
import { loadStrangeness, type ReviewModel } from "../review-model";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola predict new.csv --output scored.csv --pass-through text
  $ cola review scored.csv -n 200 --output to-label.csv
  $ cola review scored.csv -n 200 --model modelo_nuevo --format label-studio --output tasks.json
  $ cola review scored.csv -n 200 --words refund esim --format argilla --output records.jsonl

Random rows are a fair sample of the file: estimate the accuracy from them, weighted by their weight. docs/labelling.md says how.`;

const MOST_ROWS = 10_000;

/** `cola review SCORED`: rows that are worth a label, for a spreadsheet, Label Studio or Argilla. */
export function addReviewCommand(program: Command): void {
  const command = program
    .command("review")
    .description("pick rows to label from a scored file: uncertain, drifted and random ones")
    .argument("<file>", "output of `cola predict` with the text column passed through")
    .option("-o, --output <file>", "where the rows go: .csv, .json (label-studio) or .jsonl (argilla)")
    .option("-n, --count <rows>", "rows to pick (default: 100)")
    .option("--random <rows>", "of them, by chance (default: a quarter)")
    .option(
      "--drifted <rows>",
      "of them, with new words (default: a quarter with --model or --words, else 0)",
    )
    .option("--format <name>", `${REVIEW_FORMATS.join(", ")} (default: csv)`)
    .option("--model <name|uri>", "model whose training says which words are new")
    .option("--words <words...>", "words that make a row drifted, for example those that a check named")
    .option(
      "--text-column <name>",
      "text column; given again: several (default: the model's, or as configured)",
      withTextColumn,
    )
    .option("--suggest", "let the tools show the model's label; it sways who answers")
    .option("--seed <number>", "the same seed picks the same rows (default: 42)")
    .option("--force", "replace an output that exists")
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["data", "model.alias"]);
  command.action(handler(readFlags, (context, file) => review(context, userPath(file!))));
}

async function review(context: CommandContext, path: string): Promise<undefined> {
  const { options, config, terminal } = context;
  const format = formatOf(options);
  const named = textOption(options, "output");
  if (named === undefined) throw new ColaError("USAGE", "give --output: the file the rows to label go to");
  const output = userPath(named);
  const rules = { inputs: [path], force: options["force"] === true };
  checkEnding(output, REVIEW_KIND[format]);
  await checkOutput(output, rules);
  const model = await loadStrangeness(context, (options["words"] as string[] | undefined) ?? []);
  const counts = countsOf(options, model.strangeness !== undefined);
  const text = textColumnOption(options) ?? model.text ?? textColumnsOf(config.columns.text);
  const pass: ScoredPass = { unreadable: 0, notes: [] };
  const seed = wholeOption(options, "seed", 0, 4_294_967_295) ?? 42;
  const rows = scoredRows(datasetOf(config, path), text, pass);
  const picked = await pickRows(rows, counts, seed, model.strangeness);
  if (picked.rows.length === 0) throw new ColaError("INPUT_EMPTY", `${path} has no row that can be labelled`);
  await writeOutput(
    output,
    [Buffer.from(reviewFile(picked.rows, format, options["suggest"] === true))],
    rules,
  );
  const notes = notesOf(picked, counts, pass, model);
  terminal.result(
    { rows: picked.rows.length, picked: picked.picked, seen: picked.seen, output, format, seed, notes },
    describe(picked, output, notes),
  );
  return undefined;
}

function formatOf(options: CommandContext["options"]): ReviewFormat {
  const given = textOption(options, "format") ?? "csv";
  const known = REVIEW_FORMATS.find((format) => format === given);
  if (known !== undefined) return known;
  throw new ColaError(
    "USAGE",
    `--format is ${JSON.stringify(given)}: allowed are ${REVIEW_FORMATS.join(", ")}`,
  );
}

function countsOf(options: CommandContext["options"], canDrift: boolean): ReviewCounts {
  const total = wholeOption(options, "count", 1, MOST_ROWS) ?? 100;
  const random = wholeOption(options, "random", 0, total) ?? Math.ceil(total / 4);
  const wanted = wholeOption(options, "drifted", 0, total);
  if (wanted !== undefined && wanted > 0 && !canDrift)
    throw new ColaError("USAGE", "--drifted needs --model or --words: nothing else says which words are new");
  const drifted = wanted ?? (canDrift ? Math.min(Math.floor(total / 4), total - random) : 0);
  if (random + drifted <= total) return { random, drifted, uncertain: total - random - drifted };
  throw new ColaError(
    "USAGE",
    `--random ${random} and --drifted ${drifted} are more than the ${total} rows of -n`,
  );
}

function notesOf(review: Review, counts: ReviewCounts, pass: ScoredPass, model: ReviewModel): string[] {
  const { picked, rows } = review;
  const total = counts.random + counts.drifted + counts.uncertain;
  const notes = [...model.notes, ...pass.notes];
  if (pass.unreadable > 0) notes.push(`${pass.unreadable} rows left out: a probability cannot be read`);
  if (picked.drifted < counts.drifted)
    notes.push(
      `only ${picked.drifted} of ${counts.drifted} rows are drifted: uncertain ones take their place`,
    );
  if (picked.random < Math.min(counts.random, review.seen))
    notes.push(
      `${Math.min(counts.random, review.seen)} random rows have ${picked.random} different texts: weights say so`,
    );
  if (rows.length < total)
    notes.push(`the file has ${rows.length} different texts to pick, ${total} were asked for`);
  return notes;
}

function describe({ picked, seen, rows }: Review, output: string, notes: readonly string[]): string {
  return [
    `${rows.length} of ${seen} rows to label: ${picked.uncertain} uncertain, ${picked.drifted} drifted, ${picked.random} random`,
    `  output: ${output}`,
    ...notes.map((note) => `  note: ${printable(note)}`),
  ].join("\n");
}
