import type { Schema } from "convict";
import { boostingSettings } from "./boosting-settings";
import { championSettings } from "./champion-settings";
import { columnsSettings } from "./columns-settings";
import { dataSettings } from "./data-settings";
import { decisionSettings } from "./decision-settings";
import { featuresSettings } from "./features-settings";
import { httpSettings } from "./http-settings";
import { loggingSettings } from "./logging-settings";
import { mlflowSettings } from "./mlflow-settings";
import { modelSettings } from "./model-settings";
import { monitorSettings } from "./monitor-settings";
import { pathsSettings } from "./paths-settings";
import type { Group, ValuesOf } from "./payload-fields";
import { predictSettings } from "./predict-settings";
import { redisSettings } from "./redis-settings";
import { serveSettings } from "./serve-settings";
import type { Entry } from "./setting-kinds";
import { splitSettings } from "./split-settings";
import { trainSettings } from "./train-settings";
import { webhookSettings } from "./webhook-settings";
import { workerSettings } from "./worker-settings";

/** Everything that can be set, in the order of docs/configuration.md. A new setting is one entry of its group's file. */
export const configSchema = {
  redis: redisSettings,
  mlflow: mlflowSettings,
  model: modelSettings,
  data: dataSettings,
  columns: columnsSettings,
  split: splitSettings,
  features: featuresSettings,
  boosting: boostingSettings,
  decision: decisionSettings,
  champion: championSettings,
  train: trainSettings,
  predict: predictSettings,
  monitor: monitorSettings,
  webhook: webhookSettings,
  worker: workerSettings,
  http: httpSettings,
  serve: serveSettings,
  logging: loggingSettings,
  paths: pathsSettings,
} satisfies Record<string, Group>;

/** The configuration: a value for every setting. */
export type ColaConfig = { [Name in keyof typeof configSchema]: ValuesOf<(typeof configSchema)[Name]> };

const forConvict = ({ doc, env, default: value, type }: Entry) => ({
  doc,
  env,
  default: value,
  format: (given: unknown) => void type.parse(given),
});

/** The same for convict, whose types know nothing of groups that are composed. */
export const convictSchema = Object.fromEntries(
  Object.entries(configSchema).map(([group, entries]) => [
    group,
    Object.fromEntries(Object.entries<Entry>(entries).map(([name, entry]) => [name, forConvict(entry)])),
  ]),
) as unknown as Schema<ColaConfig>;
