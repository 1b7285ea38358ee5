import { readdir, readFile } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { inputError } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { Command } from "commander";
import { erasing, mentioning, SHORTEST_FOUND } from "../../forget/erase-ids";
import { type ForgottenIds, forgetIds } from "../../forget/forget-ids";
import { type KeptOutput, keptOutputs } from "../../forget/kept-outputs";
import { findUp } from "../../local/up-record";
import { type ForgottenJobs, forgetJobs } from "../../submit/forget-jobs";
import { openJobQueues } from "../../submit/open-queues";
import { pasteable } from "../called-as";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";
import { userPath } from "../user-paths";

const EXAMPLES = `
Examples:
  $ cola forget --ids customers-who-left.txt
  $ cola forget --ids customers-who-left.txt --yes

The file has an id per line. No job should run meanwhile.`;

/** Places that hold ids or texts and that this command does not change, with what erases them. */
const ELSEWHERE = [
  "files of your own: inputs, outputs that were moved, reports with a path of their own",
  "MLflow: reports of checks and examples among the artifacts of runs; delete the run, then `mlflow gc`",
  "Redis' append-only file, until `redis-cli BGREWRITEAOF`; chunks that travel through Redis, for a day at most",
  "published models: the terms of their vocabulary; train again without these rows",
  "what killed commands left (stream-*, replay-*) and logs: `cola clean --older-than 1h --yes`",
  "other state folders, the log file (COLAML_LOG_FILE), backups, receivers of webhooks",
];
/** Jobs and files that are listed; --json has all. */
const SHOWN = 20;

/** What was found in Redis, and by it; or why nobody looked. */
type InRedis =
  | ({ lookedAt: true; outputs: readonly KeptOutput[] } & ForgottenJobs)
  | { lookedAt: false; reason: string };

/** `cola forget --ids FILE`: erases ids from the state folder and from jobs that have ended. */
export function addForgetCommand(program: Command): void {
  const command = program
    .command("forget")
    .description("erase ids from the state folder and from jobs in Redis; counts only, unless --yes")
    .requiredOption("--ids <file>", "the ids, one per line")
    .option("--yes", "erase them; without it nothing is changed")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async (context) => {
      const { config, terminal, options } = context;
      const ids = await readIds(userPath(String(options["ids"])));
      const isDryRun = options["yes"] !== true;
      // Redis first: if it cannot be reached, nothing is half done.
      const redis = await forgetInRedis(context, ids, !isDryRun);
      const found = await forgetIds(config.paths.stateDir, ids, !isDryRun);
      terminal.result(
        { ok: true, dryRun: isDryRun, ids: ids.size, ...found, redis, elsewhere: ELSEWHERE },
        [
          `${isDryRun ? "found" : "erased"} of ${ids.size} ids:`,
          ...stateLines(found),
          ...redisLines(redis),
          "they may also be in:",
          ...ELSEWHERE.map((place) => `  ${place}`),
          ...(isDryRun ? ["nothing was changed: add --yes to erase what was found"] : []),
        ].join("\n"),
      );
      return undefined;
    }),
  );
}

/** @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED if the settings name one */
async function forgetInRedis(
  { config, terminal }: CommandContext,
  ids: ReadonlySet<string>,
  erase: boolean,
): Promise<InRedis> {
  const { stateDir } = config.paths;
  const url = config.redis.url || (await findUp(stateDir, (line) => terminal.warn(line)))?.redisUrl;
  if (url === undefined)
    return {
      lookedAt: false,
      reason:
        "no Redis is named (REDIS_URL) and no `cola up` runs here: if there was one, start it and call this again",
    };
  const queues = await openJobQueues({ redis: { ...config.redis, url } });
  try {
    const models = await modelsOf(stateDir, config.model.name);
    const { outputs, ...jobs } = await forgetJobs(queues, mentioning(ids), models, erase);
    return { lookedAt: true, ...jobs, outputs: await keptOutputs(outputs, erasing(ids)) };
  } finally {
    await queues.close();
  }
}

/** The models that the state folder knows. */
async function modelsOf(stateDir: string, configured: string): Promise<string[]> {
  const { models, labels } = stateFolder(stateDir);
  const known = await Promise.all([models, labels].map((folder) => readdir(folder).catch(() => [])));
  return [...new Set([configured, ...known.flat()])];
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

function stateLines({ shortIds, ...found }: ForgottenIds): string[] {
  const lines = [
    `  labels: ${found.labels.places} in ${found.labels.files} files`,
    ...(["reports", "alerts", "publications"] as const).map(
      (kind) => `  ${kind}: ${found[kind].places} mentions in ${found[kind].files} files`,
    ),
    `  demo: ${found.demo.files} files with ${found.demo.places} mentions, as a whole`,
  ];
  if (shortIds > 0)
    lines.push(
      `  ${shortIds} ids of less than ${SHORTEST_FOUND} characters were looked for among labels only: elsewhere they look like other numbers`,
    );
  return lines;
}

function redisLines(found: InRedis): string[] {
  if (!found.lookedAt) return [`  jobs: not looked at, ${found.reason}`];
  const { ended, events, open, outputs } = found;
  return [
    `  jobs: ${ended} that have ended, as a whole; ${events} events of jobs`,
    ...listed(
      "jobs that have not ended stay; end each, then call this again:",
      open.map(({ job, state }) => `\`cola jobs cancel ${pasteable(job)}\` (${state})`),
    ),
    ...listed(
      "outputs that hold them stay, as their receipts hold digests; predict again from an input without these rows (--force), or remove them:",
      outputs.map(({ path, places, unreadable }) =>
        places === undefined
          ? `${pasteable(path)}: not read, ${unreadable}`
          : `${pasteable(path)}: ${places} mentions`,
      ),
    ),
  ];
}

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > SHOWN ? [`    and ${lines.length - SHOWN} more: --json lists them`] : [];
  return [`  ${title}`, ...lines.slice(0, SHOWN).map((line) => `    ${line}`), ...more];
}
