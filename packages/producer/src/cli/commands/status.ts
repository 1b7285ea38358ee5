import { EXIT } from "@colaml/shared/errors/error-table";
import { RELEASE } from "@colaml/shared/settings/installation";
import type { Command } from "commander";
import { readStackStatus, type ServerStatus, type StackStatus } from "../../local/stack-status";
import { addCommonOptions, handler } from "../command-context";
import { queueTable } from "../queue-lines";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";

const EXAMPLES = `
Examples:
  $ cola status
  $ cola status --json | jq .problems

The exit code is 1 if a server is down, or jobs wait where no worker listens.`;

/** Incidents that fit on one screen. */
const SHOWN_INCIDENTS = 5;

/** `cola status`: what operators look at first, on one screen; starts nothing. */
export function addStatusCommand(program: Command): void {
  const command = program
    .command("status")
    .description("servers, workers, queues, champions, last checks and open incidents at a glance")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), ["paths.stateDir"]), async (context) => {
      const status = await readStackStatus(context);
      context.terminal.result(status, describe(context.terminal, status));
      return status.ok ? EXIT.ok : EXIT.failed;
    }),
  );
}

function describe(terminal: Terminal, status: StackStatus): string {
  const { redis, mlflow, api } = status.servers;
  return [
    ...section(terminal, "servers", [
      server(terminal, "Redis", redis),
      server(terminal, "MLflow", mlflow),
      server(terminal, "API", api),
    ]),
    ...section(terminal, "workers", workers(terminal, status)),
    ...section(
      terminal,
      "queues",
      status.queues ? queueTable(terminal, status.queues) : ["not known: Redis is down"],
    ),
    ...section(terminal, "champions", champions(status)),
    ...section(terminal, "last checks", checks(status)),
    ...section(terminal, "open incidents", incidents(terminal, status)),
    status.ok
      ? terminal.green("all is up")
      : status.problems.map((line) => terminal.red(printable(line))).join("\n"),
  ].join("\n");
}

const section = (terminal: Terminal, title: string, lines: readonly string[]) => [
  terminal.bold(title),
  ...lines.map((line) => `  ${line}`),
];

function server(
  terminal: Terminal,
  name: string,
  { ok, ms, address = "", reason = "" }: ServerStatus,
): string {
  const where = printable(address);
  const state = ok
    ? [terminal.green("up  "), where, `(${ms} ms)`]
    : [terminal.red("down"), where, printable(reason)];
  return [name.padEnd(6), ...state.filter((part) => part !== "")].join("  ");
}

function workers(terminal: Terminal, { workers: listening, queues }: StackStatus): string[] {
  if (!queues) return ["not known: Redis is down"];
  const others = Math.max(0, ...queues.map(({ otherWorkers = 0 }) => otherWorkers));
  const lines = listening.map(({ host, pid, release, queues: names, healthUrl }) => {
    const metrics = healthUrl === undefined ? "" : `  ${printable(healthUrl)}/metrics`;
    const old = release === RELEASE ? "" : terminal.paint(33, ` (this is ${RELEASE})`);
    return `${printable(host)} process ${pid}  release ${printable(release)}${old}  ${names.join(", ")}${metrics}`;
  });
  const unnamed = others > 0 ? [`connections of others: ${others} on a queue at most`] : [];
  const all = [...lines, ...unnamed];
  return all.length > 0 ? all : ["none listens: `cola up` starts them"];
}

function champions({ champions: known }: StackStatus): string[] {
  if (!known) return ["not known: MLflow is down"];
  const lines = known.map(({ model, version }) =>
    version === undefined ? `${printable(model)}  none yet` : `${printable(model)}  version ${version}`,
  );
  return lines.length > 0 ? lines : ["no model yet: cola train FILE makes one"];
}

function checks({ checks: last }: StackStatus): string[] {
  const lines = last.map(({ model, at, verdict, modelVersion, n, accuracy, driftLevel }) => {
    const facts = [
      ...(accuracy === undefined ? [] : [`accuracy ${accuracy.toFixed(4)} of ${n} rows`]),
      ...(driftLevel === undefined ? [] : [`drift ${driftLevel}`]),
    ];
    return printable(
      `${model}  ${verdict}  version ${modelVersion}  ${at.slice(0, 19)}Z  ${facts.join(", ")}`,
    ).trimEnd();
  });
  return lines.length > 0 ? lines : ["none in this state folder"];
}

function incidents(terminal: Terminal, { incidents: open }: StackStatus): string[] {
  const lines = open.slice(0, SHOWN_INCIDENTS).map(({ alert, acknowledged }) => {
    const seen = acknowledged ? ` (seen by ${acknowledged.by})` : "";
    return `${terminal.red(alert.severity)}  ${printable(`${alert.id}  ${alert.at.slice(0, 19)}Z  ${alert.message}${seen}`)}`;
  });
  const more =
    open.length > SHOWN_INCIDENTS ? [`and ${open.length - SHOWN_INCIDENTS} more: cola alerts --open`] : [];
  return lines.length > 0 ? [...lines, ...more] : ["none"];
}
