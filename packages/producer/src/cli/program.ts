import { Command } from "commander";
import { addAlertsCommand } from "./commands/alerts";
import { addConfigCommand } from "./commands/config";
import { addJobsCommand } from "./commands/jobs";
import { addLabelsCommand } from "./commands/labels";
import { addModelsCommand } from "./commands/models";
import { addMonitorCommand } from "./commands/monitor";
import { addPredictCommand } from "./commands/predict";
import { addPublishCommand } from "./commands/publish";
import { addQueuesCommand } from "./commands/queues";
import { addReviewCommand } from "./commands/review";
import { addScheduleCommand } from "./commands/schedule";
import { addSchemaCommand } from "./commands/schema";
import { addStatusCommand } from "./commands/status";
import { addTrainCommand } from "./commands/train";
import { addTuneCommand } from "./commands/tune";
import { addUpCommand } from "./commands/up";
import { addVerifyCommand } from "./commands/verify";

/** In the order `cola --help` lists them: that of the work. */
const COMMANDS = [
  addUpCommand,
  addStatusCommand,
  addTrainCommand,
  addTuneCommand,
  addPredictCommand,
  addVerifyCommand,
  addMonitorCommand,
  addReviewCommand,
  addLabelsCommand,
  addAlertsCommand,
  addScheduleCommand,
  addModelsCommand,
  addPublishCommand,
  addJobsCommand,
  addQueuesCommand,
  addSchemaCommand,
  addConfigCommand,
];

const ABOUT = `
Settings come from flags, then the environment, then .env, then defaults: \`cola config\` shows them.
Exit codes: 0 done, 1 failed, 2 wrong call or configuration, 3 a check failed, 130/143 stopped by a signal.`;

/** The `cola` command with all its subcommands. */
export function createProgram(): Command {
  const program = new Command("cola")
    .description("text classifiers as workers on a queue: train, predict, monitor")
    .addHelpText("after", ABOUT)
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .showSuggestionAfterError(true);
  for (const add of COMMANDS) add(program);
  return program;
}
