import { ColaError } from "@colaml/shared/errors/cola-error";
import { textColumnsOf } from "@colaml/shared/settings/text-columns";

type Options = Readonly<Record<string, unknown>>;

/** The flag of an option as commander named it: `maxRejected` is `--max-rejected`. */
const flagName = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** An object with one key, or none if the value is absent: a strict schema takes no `undefined`. */
export const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;

export function textOption(options: Options, name: string): string | undefined {
  return options[name] as string | undefined;
}

/** The columns that `--text-column` names, see `withTextColumn`. */
export function textColumnOption(options: Options): string | string[] | undefined {
  const given = textOption(options, "textColumn");
  return given === undefined ? undefined : textColumnsOf(given);
}

/** @throws ColaError USAGE for what is not a number */
export function numberOption(options: Options, name: string): number | undefined {
  const given = options[name];
  if (given === undefined) return undefined;
  const value = String(given).trim() === "" ? Number.NaN : Number(given);
  if (Number.isFinite(value)) return value;
  throw new ColaError("USAGE", `${flagName(name)} is ${JSON.stringify(given)}: allowed is a number`);
}

/** @throws ColaError USAGE for what is not a whole number in the range */
export function wholeOption(options: Options, name: string, least: number, most: number): number | undefined {
  const value = numberOption(options, name);
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value;
  throw new ColaError(
    "USAGE",
    `${flagName(name)} is ${value}: allowed is a whole number from ${least} to ${most}`,
  );
}
