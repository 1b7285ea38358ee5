import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Incident } from "@colaml/shared/contracts/alerts";
import { userName } from "@colaml/shared/settings/user-name";
import type { Command } from "commander";
import { addCommonOptions, type CommandAction, type CommandContext, handler } from "../command-context";
import { textOption } from "../options";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";

const EXAMPLES = `
Examples:
  $ cola alerts
  $ cola alerts --open
  $ cola alerts ack quality-modelo_nuevo-monitor-5f0c2a91d3 --by ana`;

/** `cola alerts [list|ack]`: incidents of this state folder; needs no server. */
export function addAlertsCommand(program: Command): void {
  const alerts = program
    .command("alerts")
    .description("incidents that monitoring opened: list, acknowledge")
    .addHelpText("after", EXAMPLES);
  const add = (command: Command, run: CommandAction) =>
    command.action(handler(addSettingFlags(addCommonOptions(command), ["paths.stateDir"]), run));
  add(
    alerts
      .command("list", { isDefault: true })
      .description("all incidents, newest first")
      .option("--open", "only those that have not ended"),
    list,
  );
  add(
    alerts
      .command("ack <id>")
      .description("note that somebody has seen it")
      .option("--by <name>", "who (default: you)"),
    acknowledge,
  );
}

const storeOf = ({ config, terminal }: Pick<CommandContext, "config" | "terminal">) =>
  new IncidentStore(config.paths.stateDir, (line) => terminal.warn(line));

const list: CommandAction = async ({ config, terminal, options }) => {
  const incidents = await storeOf({ config, terminal }).list({ open: options["open"] === true });
  const text =
    incidents.length === 0 ? "no alerts" : incidents.map((incident) => line(terminal, incident)).join("\n");
  terminal.result({ incidents }, text);
  return undefined;
};

const acknowledge: CommandAction = async ({ config, terminal, options }, id) => {
  const by = textOption(options, "by") ?? userName();
  const incident = await storeOf({ config, terminal }).acknowledge(id!, by);
  terminal.result(incident, line(terminal, incident));
  return undefined;
};

function line(terminal: Terminal, { alert, recovered, acknowledged }: Incident): string {
  const state = recovered ? terminal.green("recovered") : terminal.red("firing   ");
  const seen = acknowledged ? ` (seen by ${acknowledged.by})` : "";
  return `${alert.id}  ${state} ${alert.severity.padEnd(8)} ${alert.at.slice(0, 19)}Z  ${printable(alert.message + seen)}`;
}
