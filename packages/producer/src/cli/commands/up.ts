import type { Command } from "commander";
import { Interruption, signalName, untilAborted } from "../../local/interruption";
import { type Addresses, startAll } from "../../local/whole-stack";
import { apiLog } from "../api-log";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { wholeOption } from "../options";
import { addSettingFlags } from "../setting-flags";

const EXAMPLES = `
Examples:
  $ cola up
  $ cola up --trainers 2 --predictors 4
  $ REDIS_URL=redis://queue:6379 MLFLOW_TRACKING_URI=http://mlflow:5000 cola up`;

const MAX_WORKERS = 64;

/** Workers that `up` starts unless others are named. */
const UP_DEFAULTS = { trainers: 1, predictors: 2, monitors: 1 } as const;

/** `cola up`: servers, workers, API and dashboard in the foreground, until Ctrl-C. */
export function addUpCommand(program: Command): void {
  const command = program
    .command("up")
    .description("start Redis, MLflow, the workers, the API and the dashboard here, until Ctrl-C")
    .option("--trainers <count>", "trainer workers", String(UP_DEFAULTS.trainers))
    .option("--predictors <count>", "predictor workers", String(UP_DEFAULTS.predictors))
    .option("--monitors <count>", "monitor workers", String(UP_DEFAULTS.monitors))
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["http.host", "http.port", "paths.dataDir"]);
  command.action(
    handler(readFlags, async (context) => {
      const up = await startAll(context, workerCounts(context.options), apiLog(context.terminal));
      try {
        context.terminal.result(up.addresses, describe(context, up.addresses));
        await untilAborted(context.signal, up.failed);
        throw new Interruption(signalName(context.signal), "stopping: jobs in hand go back to their queues");
      } finally {
        await up.stop();
        context.terminal.say("all stopped");
      }
    }),
  );
}

function workerCounts(options: Readonly<Record<string, unknown>>) {
  const count = (name: keyof typeof UP_DEFAULTS) =>
    wholeOption(options, name, 0, MAX_WORKERS) ?? UP_DEFAULTS[name];
  return { trainer: count("trainers"), predictor: count("predictors"), monitor: count("monitors") };
}

function describe({ terminal }: CommandContext, addresses: Addresses): string {
  return [
    terminal.bold("ColaML is up. Ctrl-C stops all of it."),
    `  page       ${addresses.apiUrl}/`,
    `  dashboard  ${addresses.dashboard}`,
    `  API        ${addresses.apiUrl} (docs: ${addresses.apiUrl}/docs)`,
    `  MLflow     ${addresses.mlflowUri}`,
    `  Redis      ${addresses.redisUrl}`,
    "  In another terminal of this folder: cola train FILE.csv",
  ].join("\n");
}
