import { SETTINGS, type Setting } from "@colaml/shared/settings/resolve-config";
import { withTextColumn } from "@colaml/shared/settings/text-columns";
import { type Command, Option } from "commander";

const isGroup = (key: string) => !key.includes(".");

/** The settings of groups (`boosting`) and single keys (`train.maxRows`), in the schema's order; no secrets. */
function settingsOf(keys: readonly string[]): Setting[] {
  const chosen = new Set(keys);
  return SETTINGS.filter(
    (setting) =>
      !setting.sensitive &&
      [...chosen].some((key) => (isGroup(key) ? setting.key.startsWith(`${key}.`) : setting.key === key)),
  );
}

const camelCase = (flag: string) =>
  flag.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/**
 * Adds a flag for each setting. The value stays text: `resolveConfig` checks it and names what is allowed.
 *
 * @returns reads the given flags from commander's options, by dotted key
 */
export function addSettingFlags(command: Command, keys: readonly string[]): FlagReader {
  const settings = settingsOf(keys);
  for (const setting of settings) {
    const isBoolean = typeof setting.default === "boolean";
    const shown = setting.default === "" ? "" : ` [default: ${String(setting.default)}]`;
    const option = new Option(`--${setting.flag} ${isBoolean ? "[yes|no]" : "<value>"}`, setting.doc + shown);
    if (setting.key === "columns.text") option.argParser(withTextColumn);
    if (isBoolean) option.preset("yes").helpGroup("Settings:");
    command.addOption(option.helpGroup("Settings:"));
  }
  return (options) =>
    Object.fromEntries(
      settings
        .map((setting) => [setting.key, options[camelCase(setting.flag)]] as const)
        .filter(([, value]) => value !== undefined),
    );
}

export type FlagReader = (options: Readonly<Record<string, unknown>>) => Record<string, unknown>;
