// node scripts/promises.mjs [RESULTS.json]: the rows of docs/promises.md as JSON; or what a run of jest did not prove of them.

import { say } from "./setup/run-command.mjs";
import { checkPromises, readPromises } from "./test/promises.mjs";

const [results] = process.argv.slice(2);
if (results === undefined) process.stdout.write(`${JSON.stringify(readPromises())}\n`);
else process.exitCode = checkPromises(results, say).failed;
