import { ColaError } from "@colaml/shared/errors/cola-error";
import {
  type ChampionEntry,
  championHistory,
  championOf,
  promote,
  rollback,
} from "@colaml/shared/mlflow/champion";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { CHAMPION, PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import type { Command } from "commander";
import { openSession } from "../../local/session";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { optional, textOption } from "../options";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { addCompareCommand } from "./compare";

const EXAMPLES = `
Examples:
  $ npm run cola -- models
  $ npm run cola -- models history
  $ npm run cola -- models compare champion 5 new.csv
  $ npm run cola -- models promote 5 --reason "better on refunds, see ticket 812"
  $ npm run cola -- models rollback --reason "complaints since Tuesday"
  $ npm run cola -- models rollback --to 3 --reason "version 4 was no better"`;

/** Versions that are shown with their metrics: each costs one request. */
const MAX_SHOWN = 20;
/** Prefix of a run's metrics on the test rows. */
const TEST = "test_";

/** `cola models [list|history|compare|promote|rollback]`. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command("models")
    .description("registered versions: who is champion and why, comparing, promoting and going back by hand")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, doc: string, run: ModelAction, isDefault = false) => {
    const command = models.command(name, { isDefault }).description(doc);
    command.action(
      handler(addSettingFlags(addCommonOptions(command), ["model.name"]), async (context, version) => {
        const session = await openSession(context, { redis: false });
        try {
          await run(context, createMlflowClient(session.config.mlflow), version ?? "");
        } finally {
          await session.close();
        }
        return undefined;
      }),
    );
    return command;
  };
  const reason = (name: string) =>
    ["--reason <text>", "kept in the history", `asked for by \`cola models ${name}\``] as const;
  add("list", "versions with their test metrics; the champion is marked", list, true);
  add("history", "who was champion when and why", history);
  addCompareCommand(models);
  add("promote <version>", "rehearse a version and make it the champion", promoteByHand).option(
    ...reason("promote"),
  );
  add("rollback", "make the previous champion, or an earlier one, the champion again", goBack)
    .option("--to <version>", "a version that was champion (default: the previous one)")
    .option(...reason("rollback"));
}

type ModelAction = (context: CommandContext, mlflow: MlflowClient, version: string) => Promise<void>;

interface VersionView {
  version: string;
  aliases: string[];
  createdAt: string;
  runId: string;
  metrics: Record<string, number>;
  tags: Record<string, string>;
}

async function list({ config, terminal }: CommandContext, mlflow: MlflowClient): Promise<void> {
  const { name } = config.model;
  const versions = await mlflow.registry.versions(name);
  const aliases = await aliasesOf(mlflow, name);
  const views = await Promise.all(
    versions.slice(0, MAX_SHOWN).map((version) => viewOf(mlflow, version, aliases)),
  );
  const text =
    views.length === 0
      ? `no version of ${name} yet: cola train FILE makes one`
      : [terminal.bold(name), ...views.map((view) => versionLine(terminal, view))].join("\n");
  terminal.result({ model: name, versions: views }, text);
}

/** Version -> aliases that ColaML gives; a search does not always list them. */
async function aliasesOf(mlflow: MlflowClient, name: string): Promise<Map<string, string[]>> {
  const found = await Promise.all(
    [CHAMPION, PREVIOUS].map(
      async (alias) => [alias, await mlflow.registry.versionOfAlias(name, alias)] as const,
    ),
  );
  const aliases = new Map<string, string[]>();
  for (const [alias, version] of found) {
    if (version) aliases.set(version.version, [...(aliases.get(version.version) ?? []), alias]);
  }
  return aliases;
}

async function viewOf(
  mlflow: MlflowClient,
  version: ModelVersion,
  aliases: Map<string, string[]>,
): Promise<VersionView> {
  const metrics = await testMetrics(mlflow, version.runId);
  return {
    version: version.version,
    aliases: [...new Set([...version.aliases, ...(aliases.get(version.version) ?? [])])],
    createdAt: new Date(version.createdAt).toISOString(),
    runId: version.runId,
    metrics,
    tags: version.tags,
  };
}

/** The run's metrics on the test rows without their prefix; none if the run was deleted. */
async function testMetrics(mlflow: MlflowClient, runId: string): Promise<Record<string, number>> {
  try {
    const { metrics } = await mlflow.runs.get(runId);
    const test = Object.entries(metrics).filter(([key]) => key.startsWith(TEST));
    return Object.fromEntries(test.map(([key, value]) => [key.slice(TEST.length), value]));
  } catch (error) {
    if (error instanceof ColaError && error.code !== "MLFLOW_UNREACHABLE") return {};
    throw error;
  }
}

function versionLine(terminal: Terminal, view: VersionView): string {
  const metric = (key: string) => view.metrics[key]?.toFixed(4) ?? "-";
  const marks = view.aliases
    .map((alias) => (alias === CHAMPION ? terminal.green(`@${alias}`) : `@${alias}`))
    .join(" ");
  return `  ${view.version.padStart(4)}  ${view.createdAt.slice(0, 16)}Z  accuracy ${metric("accuracy_score")}  ROC AUC ${metric("roc_auc")}  ${marks}`.trimEnd();
}

async function history({ config, terminal }: CommandContext, mlflow: MlflowClient): Promise<void> {
  const { name } = config.model;
  const entries = await championHistory(mlflow, name);
  const text = entries.length === 0 ? `${name} has had no champion yet` : entries.map(historyLine).join("\n");
  terminal.result({ model: name, history: entries }, text);
}

function historyLine(entry: ChampionEntry): string {
  const replaced = entry.replaced === undefined ? "" : ` (after version ${entry.replaced})`;
  return `${entry.at.slice(0, 19)}Z  version ${entry.version}${replaced}: ${printable(entry.reason)}`;
}

async function promoteByHand(
  { config, terminal, options }: CommandContext,
  mlflow: MlflowClient,
  given: string,
): Promise<void> {
  const { name, hmacKey } = config.model;
  const version = versionOf(given);
  const before = (await championOf(mlflow, name))?.version;
  await promote(mlflow, name, version, `by hand: ${textOption(options, "reason")!}`, { hmacKey });
  const isNew = before !== version;
  const inPlace = before === undefined ? "" : `, in place of version ${before}`;
  terminal.result(
    { model: name, version, ...optional("replaced", isNew ? before : undefined), promoted: isNew },
    isNew
      ? `${name}: version ${version} passed its rehearsal and is champion now${inPlace}; new jobs take it at once`
      : `${name}: version ${version} is the champion already, nothing is changed`,
  );
}

/** @throws ColaError USAGE */
function versionOf(given: string): string {
  if (/^\d{1,9}$/.test(given)) return given;
  throw new ColaError(
    "USAGE",
    `${JSON.stringify(given)} is not a version: allowed is a number that \`cola models\` lists`,
  );
}

async function goBack({ config, terminal, options }: CommandContext, mlflow: MlflowClient): Promise<void> {
  const { name, hmacKey } = config.model;
  const to = textOption(options, "to");
  const done = await rollback(mlflow, name, textOption(options, "reason")!, {
    hmacKey,
    ...optional("to", to && versionOf(to)),
  });
  terminal.result(
    { model: name, ...done },
    `${name}: version ${done.version} is champion again, in place of version ${done.replaced}; new jobs take it at once`,
  );
}
