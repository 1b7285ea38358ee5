import { ColaError } from "@colaml/shared/errors/cola-error";
import {
  CHAMPION,
  type ChampionEntry,
  championHistory,
  PREVIOUS,
  rollback,
} from "@colaml/shared/mlflow/champion";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import type { Command } from "commander";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { textOption } from "../options";
import { openSession } from "../session";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";

const EXAMPLES = `
Examples:
  $ npm run cola -- models
  $ npm run cola -- models history
  $ npm run cola -- models rollback --reason "complaints since Tuesday"`;

/** Versions that are shown with their metrics: each costs one request. */
const MAX_SHOWN = 20;
/** Prefix of a run's metrics on the test rows. */
const TEST = "test_";

/** `cola models [list|history|rollback]`. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command("models")
    .description("registered versions, who is champion and why, going back to the previous one")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, doc: string, run: ModelAction, isDefault = false) => {
    const command = models.command(name, { isDefault }).description(doc);
    if (name === "rollback")
      command.option("--reason <text>", "kept with the version", "asked for by `cola models rollback`");
    command.action(
      handler(addSettingFlags(addCommonOptions(command), ["model.name"]), async (context) => {
        const session = await openSession(context, { redis: false });
        try {
          await run(context, createMlflowClient(session.config.mlflow));
        } finally {
          await session.close();
        }
        return undefined;
      }),
    );
  };
  add("list", "versions with their test metrics; the champion is marked", list, true);
  add("history", "who was champion when and why", history);
  add("rollback", "make the previous champion the champion again", goBack);
}

type ModelAction = (context: CommandContext, mlflow: MlflowClient) => Promise<void>;

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

/** Version -> aliases that ColaML gives; a search does not always tell them. */
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

/** The run's metrics on the test rows without their prefix; none where the run was deleted. */
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

async function goBack({ config, terminal, options }: CommandContext, mlflow: MlflowClient): Promise<void> {
  const { name } = config.model;
  const done = await rollback(mlflow, name, textOption(options, "reason")!);
  terminal.result(
    { model: name, ...done },
    `${name}: version ${done.version} is champion again, in place of version ${done.replaced}; new jobs take it at once`,
  );
}
