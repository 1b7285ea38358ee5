import type { Command } from "commander";
import { addCommonOptions, handler } from "../cli/command-context";
import { addSettingFlags } from "../cli/setting-flags";
import { runDemo } from "./run-demo";

/** `cola demo`: the whole mission on generated tweets, or on a file of one's own. */
export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description("train, predict and monitor on real servers that it starts and stops")
    .option("--data <file>", "a labelled file of your own instead of generated tweets")
    .option("--keep", "leave everything running at the end, until Ctrl-C");
  const readFlags = addSettingFlags(addCommonOptions(command), [
    "data",
    "columns",
    "features",
    "boosting",
    "http.port",
  ]);
  command.action(handler(readFlags, (context) => runDemo(context)));
}
