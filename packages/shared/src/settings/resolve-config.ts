import convict from "convict";
import { ColaError } from "../errors/cola-error";
import { foreignTo, withBoosterDefaults } from "./boosting-settings";
import { PRESET_NAMES, presetValues } from "./presets";
import { type ColaConfig, configSchema, convictSchema } from "./schema";
import { flagOf } from "./setting-flag";
import type { Entry } from "./setting-kinds";

/** Where settings come from, strongest first: flags, environment, the text of a `.env` file already parsed. */
export interface ConfigSources {
  /** By dotted key, e.g. `{"features.maxFeatures": 200}`; undefined values do not count. */
  flags?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string | undefined>>;
  dotenv?: Readonly<Record<string, string>>;
}

/** A setting of the list: its entry with its key and its flag. */
export interface Setting extends Entry {
  /** Dotted key. */
  key: string;
  /** Without dashes. */
  flag: string;
}

/** Every setting, in the schema's order. */
export const SETTINGS: readonly Setting[] = Object.entries(configSchema).flatMap(([group, entries]) =>
  Object.entries<Entry>(entries).map(([name, entry]) => ({
    ...entry,
    key: `${group}.${name}`,
    flag: flagOf(entry),
  })),
);

/** Where a value comes from. */
type Source = "flag" | "environment" | ".env";

/** The value that somebody gave a setting; undefined if only the default speaks. */
export function givenValue(
  { key, env, isEmptyGiven = false }: Setting,
  sources: ConfigSources,
): { value: unknown; source: Source } | undefined {
  const flag = sources.flags?.[key];
  if (flag !== undefined) return { value: flag, source: "flag" };
  const variable = sources.env?.[env];
  const counts = (text: string | undefined) => text !== undefined && (text !== "" || isEmptyGiven);
  if (counts(variable)) return { value: variable, source: "environment" };
  const line = sources.dotenv?.[env];
  if (counts(line)) return { value: line, source: ".env" };
  return undefined;
}

/** What a wrong value is called by in a message. */
const nameIn = ({ flag, env }: Setting, source: Source): string =>
  ({ flag: `--${flag}`, environment: env, ".env": `${env} in .env` })[source];

/**
 * The configuration that flags, environment, `.env` and defaults give together. Pure: reads nothing by itself.
 *
 * @throws ColaError CONFIG_INVALID naming the variable, the value and what is allowed (secrets are not shown)
 * @example resolveConfig({ env: { COLAML_DEPTH: "4" } }).boosting.depth // 4
 */
export function resolveConfig(sources: ConfigSources = {}): ColaConfig {
  const resolved = convict(convictSchema, { env: {}, args: [] });
  const set: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const given = givenValue(setting, sources);
    if (!given) continue;
    const value = setting.read(given.value);
    if (!setting.type.safeParse(value).success) {
      // A URL that cannot be read may hold a password that cannot be found in it.
      const isHidden = setting.sensitive || (setting.isUrl && String(given.value).includes("@"));
      const shown = isHidden ? "(hidden)" : JSON.stringify(given.value);
      throw new ColaError(
        "CONFIG_INVALID",
        `${nameIn(setting, given.source)} is ${shown}: allowed is ${setting.allowed}`,
        { details: { key: setting.key, variable: setting.env } },
      );
    }
    set[setting.key] = value;
  }
  const preset = set["train.preset"] ?? resolved.get("train").preset;
  Object.assign(set, setByPreset(String(preset), sources));
  // Convict would make a number of a word if the default is a number.
  const isWord = (key: string) => set[key] === "auto";
  for (const key of Object.keys(set)) if (!isWord(key)) resolved.set(key as never, set[key] as never);
  resolved.validate({ allowed: "strict" });
  const config = structuredClone(resolved.getProperties()) as ColaConfig;
  for (const key of Object.keys(set).filter(isWord)) {
    const [group, name] = key.split(".") as [keyof ColaConfig, string];
    Object.assign(config[group], { [name]: set[key] });
  }
  return withBooster(withRedisCredentials(withSentinelUrl(config)), sources);
}

/** Sentinels say where the master is: without credentials, database and TLS there is nothing left for REDIS_URL. */
function withSentinelUrl(config: ColaConfig): ColaConfig {
  const { redis } = config;
  if (redis.sentinels === "" || redis.url !== "") return config;
  return { ...config, redis: { ...redis, url: `redis://${redis.sentinelName}` } };
}

/** User and password of their own variables stand in the URL from here on, escaped: whoever connects reads only that. */
function withRedisCredentials(config: ColaConfig): ColaConfig {
  const { username, password, url } = config.redis;
  if (url === "" || (username === "" && password === "")) return config;
  const address = new URL(url);
  if (username !== "") address.username = encodeURIComponent(username);
  if (password !== "") address.password = encodeURIComponent(password);
  return { ...config, redis: { ...config.redis, url: address.href } };
}

/** What the preset sets and nobody gave, by dotted key. */
export function setByPreset(preset: string, sources: ConfigSources): Record<string, unknown> {
  const name = PRESET_NAMES.find((one) => one === preset) ?? "seed";
  const given = SETTINGS.map((setting) => [setting.key, givenValue(setting, sources)?.value] as const);
  return presetValues(name, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
}

/**
 * The booster's own defaults for what nobody gave. A flag that means nothing to the booster is a mistake; a variable
 * may be there for other calls.
 */
function withBooster(config: ColaConfig, sources: ConfigSources): ColaConfig {
  const { booster } = config.boosting;
  const givenNames = new Map<string, Source>();
  for (const setting of SETTINGS) {
    const [group, name] = setting.key.split(".");
    const given = group === "boosting" ? givenValue(setting, sources) : undefined;
    if (given === undefined) continue;
    givenNames.set(name!, given.source);
    const foreign = given.source === "flag" ? foreignTo(booster, name!) : undefined;
    if (foreign !== undefined)
      throw new ColaError(
        "CONFIG_INVALID",
        `--${setting.flag} is ${JSON.stringify(given.value)}: it ${foreign}, or give --booster ${booster === "gbtree" ? "gblinear" : "gbtree"}`,
        { details: { key: setting.key, variable: setting.env } },
      );
  }
  const preset = setByPreset(config.train.preset, sources);
  const isSet = (name: string) => givenNames.has(name) || `boosting.${name}` in preset;
  return { ...config, boosting: withBoosterDefaults(config.boosting, isSet) };
}

/** The configuration by dotted key, secrets and URL passwords replaced by `***`. */
export function printableConfig(config: ColaConfig): Record<string, unknown> {
  return Object.fromEntries(
    SETTINGS.map(({ key, sensitive, isUrl }) => {
      const [group, name] = key.split(".") as [keyof ColaConfig, string];
      const value = (config[group] as Record<string, unknown>)[name];
      if (typeof value !== "string" || value === "") return [key, value];
      // Of a URL with credentials the host is worth showing; the path of a webhook is a secret itself.
      if (sensitive && !isUrl) return [key, "***"];
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
