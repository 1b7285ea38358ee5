import { resolve } from "node:path";
import { parseDuration } from "@colaml/shared/contracts/alert-rules";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Command } from "commander";
import { type CleanPlaces, findOld, type OldEntries, removeOld } from "../../local/clean-state";
import { findServers } from "../../local/state-lock";
import { findUp } from "../../local/up-record";
import { openJobQueues } from "../../submit/open-queues";
import { unendedJobs } from "../../submit/unended-jobs";
import { pasteable } from "../called-as";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";

const EXAMPLES = `
Examples:
  $ cola clean                       # what would go, and its size
  $ cola clean --older-than 90d --yes

Never removed: models and runs in MLflow, labels, the history of checks, open incidents, what waits for MLflow,
what a job needs that has not ended.`;

const DEFAULT_AGE = "30d";
/** As the API has it. */
const DEFAULT_DATA_DIR = "data";
/** Paths of a kind that are listed. */
const SHOWN = 5;

/** `cola clean`: removes what is old from the state folder, and what batches left in the data folder; without `--yes` it only says what. */
export function addCleanCommand(program: Command): void {
  const command = program
    .command("clean")
    .description("remove what is old: reports, ended incidents, logs, cached models, what batches left")
    .option("--older-than <duration>", "not written to for this long, such as 12h or 30d", DEFAULT_AGE)
    .option("--yes", "remove it; without it, only say what would go")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(
      addSettingFlags(addCommonOptions(command), ["paths.stateDir", "paths.dataDir"]),
      async (context) => {
        const { config, options, terminal } = context;
        const stateDir = resolve(config.paths.stateDir);
        const age = ageOf(String(options["olderThan"]));
        const isDone = options["yes"] === true;
        const found = await withPlaces(context, async (places) => {
          const old = await findOld(places, Date.now() - age);
          if (isDone) await removeOld(old);
          return old;
        });
        const bytes = found.reduce((sum, kind) => sum + kind.bytes, 0);
        terminal.result(
          { stateDir, olderThan: options["olderThan"], removed: isDone, bytes, found },
          describe(stateDir, found, bytes, isDone),
        );
        if (!isDone && bytes > 0) terminal.say("nothing was removed: give --yes to do it");
        return undefined;
      },
    ),
  );
}

/** @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED if the settings name a Redis */
async function withPlaces<T>(
  { config, terminal }: CommandContext,
  work: (places: CleanPlaces) => Promise<T>,
): Promise<T> {
  const { stateDir, dataDir } = config.paths;
  const up = await findUp(stateDir, (line) => terminal.warn(line));
  const places = {
    stateDir: resolve(stateDir),
    dataDir: resolve(dataDir === "" ? DEFAULT_DATA_DIR : dataDir),
    isUp: up !== undefined || findServers(stateDir, (line) => terminal.warn(line)) !== undefined,
  };
  const url = config.redis.url || up?.redisUrl;
  if (url === undefined) return work(places);
  const queues = await openJobQueues({ redis: { ...config.redis, url } });
  try {
    return await work({ ...places, jobs: unendedJobs(queues) });
  } finally {
    await queues.close();
  }
}

/** @throws ColaError USAGE */
function ageOf(text: string): number {
  const age = parseDuration(text);
  if (age !== undefined && age > 0) return age;
  throw new ColaError(
    "USAGE",
    `--older-than is ${JSON.stringify(text.slice(0, 40))}: allowed is a duration such as 12h or 30d`,
  );
}

function describe(stateDir: string, found: readonly OldEntries[], bytes: number, isDone: boolean): string {
  const kinds = found.filter(({ entries }) => entries.length > 0);
  const stay = found.flatMap(({ kept, what }) =>
    kept ? [`${String(kept.entries).padStart(6)}        stay  ${what}: ${kept.why}`] : [],
  );
  if (kinds.length === 0) return [`nothing that old in ${pasteable(stateDir)}`, ...stay].join("\n");
  const lines = kinds.flatMap(({ what, entries, bytes: size }) => [
    `${String(entries.length).padStart(6)}  ${megabytes(size).padStart(10)}  ${what}`,
    ...entries.slice(0, SHOWN).map(({ path }) => `                      ${pasteable(path)}`),
    ...(entries.length > SHOWN ? [`                      and ${entries.length - SHOWN} more`] : []),
  ]);
  return [...lines, ...stay, `${isDone ? "removed" : "would remove"} ${megabytes(bytes)}`].join("\n");
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
