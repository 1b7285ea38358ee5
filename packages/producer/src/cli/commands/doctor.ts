import { EXIT } from "@colaml/shared/errors/error-table";
import type { Command } from "commander";
import { type Diagnosis, examine } from "../../doctor/examine";
import type { Finding } from "../../doctor/finding";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";

const EXAMPLES = `
Examples:
  $ cola doctor
  $ cola doctor --json | jq '.findings[] | select(.state != "ok")'

It starts nothing. MLflow keeps a run that is marked as deleted. Exit code 3: something is a problem.`;

/** `cola doctor`: whether servers, machine and settings are fit for work, and the line that mends each finding. */
export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("check Redis, MLflow and this machine, and say what mends what is wrong")
    .addHelpText("after", EXAMPLES);
  const flags = addSettingFlags(addCommonOptions(command), ["paths", "http.host", "http.port", "model.name"]);
  command.action(
    handler(flags, async ({ config, terminal, signal }) => {
      const report = (line: string) => terminal.warn(line);
      const diagnosis = await examine({ config, report, signal });
      terminal.result(diagnosis, describe(terminal, diagnosis));
      return diagnosis.ok ? EXIT.ok : EXIT.check;
    }),
  );
}

function describe(terminal: Terminal, { findings }: Diagnosis): string {
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  const shown = terminal.quiet ? findings.filter(({ state }) => state !== "ok") : findings;
  const sum = `${count("ok")} ok, ${count("warning")} warnings, ${count("problem")} problems`;
  return [...shown.flatMap((finding) => lines(terminal, finding)), terminal.bold(sum)].join("\n");
}

function lines(terminal: Terminal, { check, state, message, mend }: Finding): string[] {
  const color = { ok: 32, warning: 33, problem: 31 }[state];
  const line = `${terminal.paint(color, state.padEnd(7))}  ${check}: ${printable(message)}`;
  return mend === undefined ? [line] : [line, `         -> ${printable(mend)}`];
}
