import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CATALOGUE, QUEUE_NAMES, type QueueName } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { INSTALLATION_FOLDER } from "@colaml/shared/settings/installation";
import type { Command } from "commander";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";

/** What `scripts/contracts.mjs` writes; it belongs to the release. */
const FOLDER = resolve(INSTALLATION_FOLDER, "docs/contracts");

const EXAMPLES = `
Examples:
  $ cola schema
  $ cola schema predict > predict.payload.schema.json
  $ cola schema train --result`;

/** `cola schema [QUEUE]`: the JSON Schemas that other systems can build on; needs no server. */
export function addSchemaCommand(program: Command): void {
  const command = program
    .command("schema")
    .description("print the JSON Schema of a queue's payload or result, or list the queues")
    .argument("[queue]", "a queue, as `cola schema` lists them")
    .option("--result", "of the result instead of the payload")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async ({ terminal, options }, queue) => {
      if (queue === undefined) {
        const queues = QUEUE_NAMES.map(summaryOf);
        terminal.result({ queues }, queues.map(lineOf).join("\n"));
        return undefined;
      }
      const schema = readSchema(queue, options["result"] === true ? "result" : "payload");
      terminal.data(schema, JSON.stringify(schema, null, 2));
      return undefined;
    }),
  );
}

interface Summary {
  queue: string;
  /** Who takes its jobs; absent: no worker of ColaML. */
  worker?: string;
  /** Who puts jobs on it. */
  from: string;
  hasResult: boolean;
}

function summaryOf(queue: QueueName): Summary {
  const entry = CATALOGUE[queue];
  const worker = "worker" in entry ? { worker: entry.worker } : {};
  return { queue, ...worker, from: entry.from, hasResult: hasResult(queue) };
}

function lineOf({ queue, worker, from, hasResult }: Summary): string {
  const has = hasResult ? "payload, result" : "payload";
  return `${queue.padEnd(14)} ${has.padEnd(16)} from ${from.padEnd(8)} ${worker ? `to ${worker}` : ""}`.trimEnd();
}

/** @throws ColaError USAGE for a queue that there is not, or that has no result */
function readSchema(queue: string, part: "payload" | "result"): object {
  const known = QUEUE_NAMES.find((name) => name === queue);
  if (known === undefined) {
    throw new ColaError(
      "USAGE",
      `no queue ${JSON.stringify(queue.slice(0, 40))}: there are ${QUEUE_NAMES.join(", ")}`,
    );
  }
  if (part === "result" && !hasResult(known)) {
    throw new ColaError("USAGE", `jobs of ${queue} have no result: no worker runs them`);
  }
  return JSON.parse(readFileSync(pathOf(known, part), "utf8")) as object;
}

const pathOf = (queue: QueueName, part: "payload" | "result") =>
  resolve(FOLDER, `${queue}.${part}.schema.json`);

const hasResult = (queue: QueueName) => existsSync(pathOf(queue, "result"));
