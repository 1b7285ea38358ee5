import { RELEASE } from "@colaml/shared/settings/installation";
import { Command } from "commander";
import { asCalled } from "./called-as";
import { addAlertsCommand } from "./commands/alerts";
import { addCleanCommand } from "./commands/clean";
import { addConfigCommand } from "./commands/config";
import { addDoctorCommand } from "./commands/doctor";
import { addForgetCommand } from "./commands/forget";
import { addInitCommand } from "./commands/init";
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
  addInitCommand,
  addUpCommand,
  addStatusCommand,
  addDoctorCommand,
  addTrainCommand,
  addTuneCommand,
  addPredictCommand,
  addVerifyCommand,
  addMonitorCommand,
  addReviewCommand,
  addLabelsCommand,
  addForgetCommand,
  addAlertsCommand,
  addScheduleCommand,
  addModelsCommand,
  addPublishCommand,
  addJobsCommand,
  addQueuesCommand,
  addCleanCommand,
  addSchemaCommand,
  addConfigCommand,
];

const ABOUT = `
Settings come from flags, then the environment, then .env, then defaults: \`cola config\` shows them.
Exit codes: 0 done, 1 failed, 2 wrong call or configuration, 3 a check failed, 130/143 stopped by a signal.`;

/** The `cola` command with all its subcommands. @param more those of other folders, listed first */
export function createProgram(more: readonly ((program: Command) => void)[] = []): Command {
  const program = new Command("cola")
    .version(RELEASE, "-V, --version", "print the release")
    .configureOutput({ writeOut: (text) => void process.stdout.write(asCalled(text)) })
    .description("text classifiers as workers on a queue: train, predict, monitor")
    .addHelpText("after", ABOUT)
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .showSuggestionAfterError(true);
  for (const add of [...more, ...COMMANDS]) add(program);
  return program;
}
