import { processSources } from "@colaml/shared/settings/load-config";
import { givenValue, printableConfig, SETTINGS, setByPreset } from "@colaml/shared/settings/resolve-config";
import type { Command } from "commander";
import { addCommonOptions, handler } from "../command-context";
import { addSettingFlags } from "../setting-flags";

const EXAMPLES = `
Examples:
  $ cola config
  $ COLAML_DEPTH=8 cola config --json`;

/** `cola config`: every setting, its value without secrets, and where the value comes from. */
export function addConfigCommand(program: Command): void {
  const command = program
    .command("config")
    .description("print every setting, without secrets, and where its value comes from")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), async ({ config, terminal }) => {
      const values = printableConfig(config);
      const sources = processSources();
      const preset = setByPreset(config.train.preset, sources);
      const rows = SETTINGS.map((setting) => ({
        key: setting.key,
        env: setting.env,
        value: values[setting.key],
        source:
          givenValue(setting, sources)?.source ??
          (setting.key in preset ? `preset ${config.train.preset}` : "default"),
      }));
      const width = (field: "key" | "env") => Math.max(...rows.map((row) => row[field].length));
      const line = (row: (typeof rows)[number]) =>
        `${row.key.padEnd(width("key"))}  ${row.env.padEnd(width("env"))}  ${String(row.value) || "(empty)"}${row.source === "default" ? "" : terminal.dim(`  (${row.source})`)}`;
      terminal.result(
        Object.fromEntries(rows.map(({ key, env, value, source }) => [key, { value, env, source }])),
        rows.map(line).join("\n"),
      );
      return undefined;
    }),
  );
}
