import { toColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { loadConfig, settingWarnings } from "@colaml/shared/settings/load-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";
import type { Command } from "commander";
import { abortOnSignals, Interruption } from "../local/interruption";
import type { FlagReader } from "./setting-flags";
import { Terminal } from "./terminal";
import { userPath } from "./user-paths";

/** What every command works with. */
export interface CommandContext {
  config: ColaConfig;
  terminal: Terminal;
  /** Aborted at Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** The command's own options as commander read them. */
  options: Readonly<Record<string, unknown>>;
  /** Settings given as flags, by dotted key. */
  flags: Readonly<Record<string, unknown>>;
}

/** What a command does; the exit code it returns, 0 when it returns none. */
export type CommandAction = (
  context: CommandContext,
  ...positionals: string[]
) => Promise<number | undefined>;

/** Adds what all commands have: `--json`, `--quiet` and the settings of the session. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON object on stdout")
    .option("-q, --quiet", "print only errors and the result");
}

/**
 * The handler commander calls: configuration, terminal and signals around `action`, errors as one line, and the
 * exit code set.
 */
export function handler(readFlags: FlagReader, action: CommandAction) {
  return async (...args: unknown[]): Promise<void> => {
    const command = args.at(-1) as Command;
    const options = command.optsWithGlobals() as Record<string, unknown>;
    const terminal = new Terminal({ json: options["json"] === true, quiet: options["quiet"] === true });
    const interruption = abortOnSignals();
    try {
      const flags = readFlags(options);
      for (const line of settingWarnings()) terminal.warn(line);
      const config = withUserPaths(loadConfig(flags));
      const positionals = args.slice(0, -2) as string[];
      const context = { config, terminal, signal: interruption.signal, options, flags };
      process.exitCode = (await action(context, ...positionals)) ?? 0;
    } catch (error) {
      process.exitCode = report(terminal, error);
    } finally {
      interruption.release();
    }
  };
}

/** A file of stop words lies where the person stands, not where a worker does. */
function withUserPaths(config: ColaConfig): ColaConfig {
  const stopWords = withStopWordsPath(config.features.stopWords, userPath);
  return { ...config, features: { ...config.features, stopWords } };
}

function report(terminal: Terminal, error: unknown): number {
  if (error instanceof Interruption) {
    terminal.warn(error.message);
    return error.exitCode;
  }
  const known = toColaError(error);
  terminal.fail(known);
  return ERROR_TABLE[known.code].exit;
}
