import convict from "convict";
import { ColaError } from "../errors/cola-error";
import { type ColaConfig, configSchema, convictSchema } from "./schema";
import { flagOf } from "./setting-flag";
import { DELIMITER, encodingOf } from "./table-values";

/** Where settings come from, strongest first: flags, environment, the text of a `.env` file already parsed. */
export interface ConfigSources {
  /** By dotted key, e.g. `{"features.maxFeatures": 200}`; undefined values do not count. */
  flags?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string | undefined>>;
  dotenv?: Readonly<Record<string, string>>;
}

interface Field {
  env: string;
  doc: string;
  default: unknown;
  format: unknown;
  sensitive?: boolean;
}

export interface Setting {
  /** Dotted key. */
  key: string;
  env: string;
  doc: string;
  default: unknown;
  /** What is allowed, for messages. */
  allowed: string;
  sensitive: boolean;
}

const fieldOf = (key: string): Field => {
  const [group, name] = key.split(".") as [keyof typeof configSchema, string];
  return (configSchema[group] as unknown as Record<string, Field>)[name]!;
};

function allowedOf(field: Field & { min?: number; max?: number; whole?: boolean }): string {
  if (Array.isArray(field.format)) return `one of ${field.format.join(", ")}`;
  if (field.format === "share") return "a number above 0 and below 1";
  if (field.format === "range")
    return `${field.whole ? "a whole number" : "a number"} from ${field.min} to ${field.max}`;
  if (field.format === "redis-url") return "redis://[user:password@]host:port[/db] or rediss://...";
  if (field.format === "http-url") return "http://host:port or https://host:port";
  if (field.format === Boolean) return "true or false";
  if (field.format === "encoding")
    return "an encoding that TextDecoder knows, for example utf-8, windows-1252, utf-16le or shift_jis";
  if (field.format === "delimiter") return 'one ASCII character (no quote, backslash or line end), or "tab"';
  if (field.format === "count-or-share") return "a count, or a share below 1";
  return "a text";
}

/** Every setting with its variable, default and meaning, in the schema's order. */
export const SETTINGS: readonly Setting[] = Object.entries(configSchema).flatMap(([group, fields]) =>
  Object.keys(fields).map((name) => {
    const key = `${group}.${name}`;
    const field = fieldOf(key);
    return {
      key,
      env: field.env,
      doc: field.doc,
      default: field.default,
      allowed: allowedOf(field),
      sensitive: field.sensitive === true,
    };
  }),
);

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

function checkUrl(value: unknown, protocols: string[]): void {
  if (value === "") return;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !protocols.includes(url.protocol) || url.hostname === "") throw new Error("not such a URL");
}

convict.addFormat({
  name: "share",
  coerce: toNumber,
  validate: (value: number) => {
    if (!(value > 0 && value < 1)) throw new Error("out of range");
  },
});
convict.addFormat({
  name: "range",
  coerce: toNumber,
  validate: (value: number, schema) => {
    const field = schema as unknown as { min: number; max: number; whole: boolean };
    if (!(value >= field.min && value <= field.max)) throw new Error("out of range");
    if (field.whole && !Number.isInteger(value)) throw new Error("not whole");
  },
});
convict.addFormat({
  name: "redis-url",
  validate: (value: unknown) => checkUrl(value, ["redis:", "rediss:"]),
});
convict.addFormat({ name: "http-url", validate: (value: unknown) => checkUrl(value, ["http:", "https:"]) });

convict.addFormat({
  name: "encoding",
  validate: (value: unknown) => {
    if (encodingOf(String(value)) === undefined) throw new Error("unknown");
  },
});
convict.addFormat({
  name: "delimiter",
  coerce: (value: unknown) => (value === "tab" || value === "\\t" ? "\t" : value),
  validate: (value: unknown) => {
    if (typeof value !== "string" || (value !== "" && !DELIMITER.test(value)))
      throw new Error("not one character");
  },
});
convict.addFormat({
  name: "count-or-share",
  coerce: toNumber,
  validate: (value: number) => {
    if (!(value >= 0 && (value < 1 || Number.isInteger(value)))) throw new Error("out of range");
  },
});

const BOOLEANS: Record<string, boolean> = {
  true: true,
  "1": true,
  yes: true,
  false: false,
  "0": false,
  no: false,
};

/** The value of one setting and the name of where it came from, or nothing where only the default speaks. */
function given(setting: Setting, sources: ConfigSources): { value: unknown; from: string } | undefined {
  const flag = sources.flags?.[setting.key];
  if (flag !== undefined) return { value: flag, from: `--${flagOf(setting)}` };
  const env = sources.env?.[setting.env];
  if (env !== undefined && env !== "") return { value: env, from: setting.env };
  const line = sources.dotenv?.[setting.env];
  if (line !== undefined && line !== "") return { value: line, from: `${setting.env} in .env` };
  return undefined;
}

/**
 * The configuration that flags, environment, `.env` and defaults give together. Pure: reads nothing by itself.
 *
 * @throws ColaError CONFIG_INVALID naming the variable, the value and what is allowed (secrets are not shown)
 * @example resolveConfig({ env: { COLAML_DEPTH: "4" } }).boosting.depth // 4
 */
export function resolveConfig(sources: ConfigSources = {}): ColaConfig {
  const resolved = convict(convictSchema, { env: {}, args: [] });
  for (const setting of SETTINGS) {
    const found = given(setting, sources);
    if (!found) continue;
    const shown = setting.sensitive ? "(hidden)" : JSON.stringify(found.value);
    const refuse = () =>
      new ColaError("CONFIG_INVALID", `${found.from} is ${shown}: allowed is ${setting.allowed}`, {
        details: { key: setting.key, variable: setting.env },
      });
    const isFlag = fieldOf(setting.key).format === Boolean;
    const value = isFlag ? BOOLEANS[String(found.value).toLowerCase()] : found.value;
    if (value === undefined) throw refuse();
    try {
      resolved.set(setting.key as never, value as never);
      resolved.validate({ allowed: "strict" });
    } catch {
      throw refuse();
    }
  }
  return structuredClone(resolved.getProperties()) as ColaConfig;
}

/** The configuration by dotted key, secrets and URL passwords replaced by `***`. */
export function printableConfig(config: ColaConfig): Record<string, unknown> {
  return Object.fromEntries(
    SETTINGS.map(({ key, sensitive }) => {
      const [group, name] = key.split(".") as [keyof ColaConfig, string];
      const value = (config[group] as Record<string, unknown>)[name];
      if (typeof value !== "string" || value === "") return [key, value];
      // Of a URL with credentials the host is worth showing; the path of a webhook is a secret itself.
      if (sensitive && fieldOf(key).format !== "redis-url") return [key, "***"];
      return [key, URL.canParse(value) ? redactUrl(value) : value];
    }),
  );
}

/** A URL without its user, password and query, for messages and logs. */
export function redactUrl(value: string): string {
  if (!URL.canParse(value)) return "(not a URL)";
  const url = new URL(value);
  if (url.username || url.password) {
    url.username = url.password ? "***" : url.username;
    url.password = "";
  }
  url.search = "";
  url.hash = "";
  return url.toString().replace(/\/$/, "");
}
