import { Command } from "commander";
import { addCommonOptions, handler } from "../cli/command-context";
import { addSettingFlags } from "../cli/setting-flags";
import { runDemo } from "./run-demo";

/** `npm run demo`: the whole mission on generated tweets, or on a file of one's own. */
const program = new Command("demo")
  .description("train, predict and monitor on real servers that it starts and stops")
  .option("--data <file>", "a labelled file of your own instead of generated tweets")
  .option("--keep", "leave everything running at the end, until Ctrl-C");
const readFlags = addSettingFlags(addCommonOptions(program), [
  "data",
  "columns",
  "features",
  "boosting",
  "http.port",
]);
program.action(handler(readFlags, (context) => runDemo(context)));
void program.parseAsync(process.argv);
