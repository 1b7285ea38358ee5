import { ColaError } from "@colaml/shared/errors/cola-error";
import { type ChampionEntry, championHistory } from "@colaml/shared/mlflow/champion";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { CHAMPION } from "@colaml/shared/mlflow/registry-names";
import { announceChampion } from "@colaml/shared/queue/champion-changes";
import { closeRedis, connectRedis, untilReady } from "@colaml/shared/queue/connection";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { userName } from "@colaml/shared/settings/user-name";
import type { Command } from "commander";
import { openSession } from "../../local/session";
import { type ChampionWish, promoteByHand, rollBackByHand } from "../../registry/champion-by-hand";
import { modelVersions, type VersionView } from "../../registry/model-versions";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { optional, textOption } from "../options";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { addCompareCommand } from "./compare";

const EXAMPLES = `
Examples:
  $ cola models
  $ cola models history
  $ cola models compare champion 5 new.csv
  $ cola models promote 5 --reason "better on refunds, see ticket 812"
  $ cola models rollback --reason "complaints since Tuesday"
  $ cola models rollback --to 3 --reason "version 4 was no better"`;

/** Versions that are shown with their metrics: each costs one request. */
const MAX_SHOWN = 20;
/** Whoever changed a champion does not wait longer for a Redis that is away. */
const ANNOUNCE_MS = 2_000;

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
          const changed = await run(context, createMlflowClient(session.config.mlflow), version ?? "");
          if (changed !== undefined) await announce(session.config, changed);
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
  add("promote <version>", "rehearse a version and make it the champion", makeChampion).option(
    ...reason("promote"),
  );
  add("rollback", "make the previous champion, or an earlier one, the champion again", goBack)
    .option("--to <version>", "a version that was champion (default: the previous one)")
    .option(...reason("rollback"));
}

/** @returns the name of the model if its champion is another now */
type ModelAction = (
  context: CommandContext,
  mlflow: MlflowClient,
  version: string,
) => Promise<string | undefined>;

/** Servers that score look at once; if Redis is away or not known, they do within a few seconds. */
async function announce({ redis }: ColaConfig, model: string): Promise<void> {
  if (redis.url === "") return;
  const connection = connectRedis(redis);
  try {
    await untilReady(connection, redis, ANNOUNCE_MS);
    await announceChampion(connection, redis, model);
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
  } finally {
    closeRedis(connection);
  }
}

async function list({ config, terminal }: CommandContext, mlflow: MlflowClient): Promise<undefined> {
  const { name } = config.model;
  const { versions: views } = await modelVersions(mlflow, name, { limit: MAX_SHOWN });
  const text =
    views.length === 0
      ? `no version of ${name} yet: cola train FILE makes one`
      : [terminal.bold(name), ...views.map((view) => versionLine(terminal, view))].join("\n");
  terminal.result({ model: name, versions: views }, text);
}

function versionLine(terminal: Terminal, view: VersionView): string {
  const metric = (key: string) => view.metrics[key]?.toFixed(4) ?? "-";
  const marks = view.aliases
    .map((alias) => (alias === CHAMPION ? terminal.green(`@${alias}`) : `@${alias}`))
    .join(" ");
  return `  ${view.version.padStart(4)}  ${view.createdAt.slice(0, 16)}Z  accuracy ${metric("accuracy_score")}  ROC AUC ${metric("roc_auc")}  ${marks}`.trimEnd();
}

async function history({ config, terminal }: CommandContext, mlflow: MlflowClient): Promise<undefined> {
  const { name } = config.model;
  const entries = await championHistory(mlflow, name);
  const text = entries.length === 0 ? `${name} has had no champion yet` : entries.map(historyLine).join("\n");
  terminal.result({ model: name, history: entries }, text);
}

function historyLine(entry: ChampionEntry): string {
  const replaced = entry.replaced === undefined ? "" : ` (after version ${entry.replaced})`;
  const by = entry.by === undefined ? "" : ` (${printable(entry.by)})`;
  return `${entry.at.slice(0, 19)}Z  version ${entry.version}${replaced}: ${printable(entry.reason)}${by}`;
}

async function makeChampion(
  { config, terminal, options }: CommandContext,
  mlflow: MlflowClient,
  given: string,
): Promise<string | undefined> {
  const { name } = config.model;
  const wish = wishOf(config, textOption(options, "reason")!);
  const { version, replaced, changed } = await promoteByHand(mlflow, wish, given);
  const inPlace = replaced === undefined ? "" : `, in place of version ${replaced}`;
  terminal.result(
    { model: name, version, ...optional("replaced", replaced), promoted: changed },
    changed
      ? `${name}: version ${version} passed its rehearsal and is champion now${inPlace}; new jobs take it at once`
      : `${name}: version ${version} is the champion already, nothing is changed`,
  );
  return changed ? name : undefined;
}

/** A wish of the person at this terminal. */
function wishOf({ model }: CommandContext["config"], reason: string): ChampionWish {
  return { name: model.name, hmacKey: model.hmacKey, reason, by: userName() };
}

async function goBack({ config, terminal, options }: CommandContext, mlflow: MlflowClient): Promise<string> {
  const { name } = config.model;
  const wish = wishOf(config, textOption(options, "reason")!);
  const { version, replaced, changed } = await rollBackByHand(mlflow, wish, textOption(options, "to"));
  if (!changed) throw new ColaError("USAGE", `${name} version ${version} is the champion already`);
  terminal.result(
    { model: name, version, ...optional("replaced", replaced) },
    `${name}: version ${version} is champion again, in place of version ${replaced}; new jobs take it at once`,
  );
  return name;
}
