import { Command } from "commander";
import { addConfigCommand } from "./commands/config";
import { addJobsCommand } from "./commands/jobs";
import { addPredictCommand } from "./commands/predict";
import { addTrainCommand } from "./commands/train";
import { addUpCommand } from "./commands/up";

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
  for (const add of [addUpCommand, addTrainCommand, addPredictCommand, addJobsCommand, addConfigCommand])
    add(program);
  return program;
}
