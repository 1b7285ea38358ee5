// Runs one command line of `cola` after the other in this process, each as if it were the only one: { argv } comes in as a message,
// { code, out, err } goes back. What would start or reach a server is refused at once, so that only what a command does with its
// arguments is left.
import { createRequire } from "node:module";
import { join } from "node:path";

const packages = join(import.meta.dirname, "../../packages");
const require = createRequire(import.meta.url);
const { ColaError } = require(join(packages, "shared/dist/errors/cola-error.js"));

const refuse = () => {
  throw new ColaError("REDIS_UNREACHABLE", "no servers here");
};
for (const [file, names] of [
  ["shared/dist/queue/connection.js", ["connectRedis", "openQueue"]],
  ["shared/dist/mlflow/client.js", ["createMlflowClient"]],
  ["producer/dist/local/servers.js", ["startServers"]],
  ["producer/dist/local/session.js", ["openSession"]],
  ["producer/dist/local/whole-stack.js", ["startAll"]],
  ["producer/dist/doctor/examine.js", ["examine"]],
]) {
  const loaded = require(join(packages, file));
  for (const name of names) {
    if (typeof loaded[name] !== "function") throw new Error(`${file} has no ${name}`);
    loaded[name] = refuse;
  }
}
const { runCola } = require(join(packages, "producer/dist/cli/run-cola.js"));
const { addDemoCommand } = require(join(packages, "producer/dist/demo/demo-command.js"));

class Exit extends Error {}
process.exit = (code) => {
  process.exitCode = code;
  throw new Exit();
};

let out = "";
let err = "";
process.stdout.write = (text) => {
  out += text;
  return true;
};
process.stderr.write = (text) => {
  err += text;
  return true;
};

process.on("message", async ({ argv }) => {
  out = "";
  err = "";
  process.exitCode = undefined;
  let thrown;
  try {
    await runCola([process.execPath, "cola", ...argv], [addDemoCommand]);
  } catch (error) {
    if (!(error instanceof Exit)) thrown = String(error?.stack ?? error);
  }
  // each command line listens for itself
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  process.send({ code: process.exitCode ?? 0, out, err, thrown });
});
process.send("ready");
