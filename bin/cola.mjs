#!/usr/bin/env node
import { SetupError, say } from "../scripts/setup/run-command.mjs";
// `cola` of the installed package. Nothing is set up here: the servers of one's own are, when they are first needed.
import { checkNode } from "../scripts/setup/run-script.mjs";
import { stopWithNpm } from "../scripts/setup/stop-with-npm.mjs";

// A script of the user's package.json means its paths from where it runs.
process.env.INIT_CWD = process.cwd();
try {
  checkNode();
  stopWithNpm();
  await import("../node_modules/@colaml/producer/dist/cola.js");
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`cola: ${error.message}`);
  process.exitCode = 1;
}
