import { readFile } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { inputError } from "@colaml/shared/files/file-errors";
import type { Command } from "commander";
import { type ForgottenIds, forgetIds, SHORTEST_FOUND } from "../../forget/forget-ids";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola forget --ids customers-who-left.txt
  $ cola forget --ids customers-who-left.txt --yes

The file has an id per line. No labels or monitor job should run meanwhile.`;

/** Places that hold ids or texts and that this command does not change. */
const ELSEWHERE = [
  "files of your own: inputs, outputs of predict jobs with their rejected rows, reports with a path of their own",
  "MLflow: reports of checks and examples among the artifacts of runs",
  "Redis: results of jobs, for as long as they are kept (COLAML_JOBS_KEPT_DAYS), its append-only file",
  "published models: the terms of their vocabulary; train again without these rows",
  "the state folder's spool/, spool-checks/, stream-* and replay-* (work in hand), logs/, demo/; other state folders",
  "backups, receivers of webhooks",
];

/** `cola forget --ids FILE`: erases ids from the state folder; needs no server. */
export function addForgetCommand(program: Command): void {
  const command = program
    .command("forget")
    .description("erase ids from labels, reports and alerts in the state folder; counts only, unless --yes")
    .requiredOption("--ids <file>", "the ids, one per line")
    .option("--yes", "erase them; without it nothing is changed")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async ({ config, terminal, options }) => {
      const ids = await readIds(userPath(String(options["ids"])));
      const isDryRun = options["yes"] !== true;
      const found = await forgetIds(config.paths.stateDir, ids, !isDryRun);
      terminal.result(
        { ok: true, dryRun: isDryRun, ids: ids.size, ...found, elsewhere: ELSEWHERE },
        describe(found, ids.size, isDryRun),
      );
      return undefined;
    }),
  );
}

/** @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, USAGE if it holds no id */
async function readIds(path: string): Promise<Set<string>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw inputError(path, error);
  }
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const ids = new Set(lines.map((line) => line.trim()).filter((line) => line !== ""));
  if (ids.size === 0)
    throw new ColaError("USAGE", `--ids is ${path}: it holds no id; needed is one per line`);
  return ids;
}

function describe(found: ForgottenIds, ids: number, isDryRun: boolean): string {
  const { labels, reports, alerts, shortIds } = found;
  const lines = [
    `${isDryRun ? "found" : "erased"} of ${ids} ids:`,
    `  labels: ${labels.places} in ${labels.files} files`,
    `  reports: ${reports.places} mentions in ${reports.files} files`,
    `  alerts: ${alerts.places} mentions in ${alerts.files} files`,
  ];
  if (shortIds > 0)
    lines.push(
      `  ${shortIds} ids of less than ${SHORTEST_FOUND} characters were looked for among labels only: in reports and alerts they look like other numbers`,
    );
  lines.push("they may also be in:", ...ELSEWHERE.map((place) => `  ${place}`));
  if (isDryRun) lines.push("nothing was changed: add --yes to erase what was found");
  return lines.join("\n");
}
