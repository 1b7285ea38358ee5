import { ColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { type Command, CommanderError } from "commander";
import { surviveClosedStreams } from "./closed-streams";
import { createProgram } from "./program";
import { Terminal } from "./terminal";

/** Commander's own failures become errors like any other: one line, exit code 2, an object with `--json`. */
function overrideExit(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
  for (const child of command.commands) overrideExit(child);
}

/**
 * Runs what a command line says; a failure is one line on stderr and an exit code.
 *
 * @param argv as Node has it: the program's own two first
 * @param more commands beside those of this folder, listed first
 */
export async function runCola(
  argv: readonly string[],
  more: readonly ((program: Command) => void)[] = [],
): Promise<void> {
  surviveClosedStreams(process);
  const program = createProgram(more);
  overrideExit(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const message =
      error.code === "commander.help"
        ? "say what to do: `cola --help` lists the commands"
        : error.message.replace(/^error: /, "").replace(/\s+/g, " ");
    const usage = new ColaError("USAGE", message);
    new Terminal({ json: argv.includes("--json") }).fail(usage);
    process.exitCode = ERROR_TABLE[usage.code].exit;
  }
}
