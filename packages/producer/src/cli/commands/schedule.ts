import type { SchedulableQueue } from "@colaml/shared/contracts/catalogue";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";
import type { Schedule } from "@colaml/shared/queue/schedules";
import type { Command } from "commander";
import { openSession, type Session } from "../../local/session";
import { datasetOf } from "../../submit/dataset";
import type { JobQueues } from "../../submit/job-queues";
import { configuredColumns } from "../../submit/learning-settings";
import { monitorPayload, predictPayload, trainPayload } from "../../submit/payloads";
import { allSchedules, changeSchedule, dropSchedule, putSchedule } from "../../submit/schedule-control";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { checkInput } from "../input-check";
import { optional, textOption } from "../options";
import { duration } from "../progress-bar";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";
import { userPath } from "../user-paths";
import { addMonitorOptions, monitorRequest } from "./monitor";
import { predictRequest } from "./predict";

const EXAMPLES = `
Examples:
  $ cola schedule add monitor --every 1h          # the latest predictions, each time
  $ cola schedule add monitor labelled.csv --every 1d --id labelled
  $ cola schedule add train tweets.csv --cron "0 3 * * *" --timezone Europe/Madrid --id nightly
  $ cola schedule add predict new.csv --output scored.csv --every 1d
  $ cola schedule
  $ cola schedule pause nightly`;

/** `cola schedule [list|add|pause|resume|remove]`: jobs that come back by interval or cron. */
export function addScheduleCommand(program: Command): void {
  const schedule = program
    .command("schedule")
    .description("jobs that run at set times: add, list, pause, resume, remove")
    .addHelpText("after", EXAMPLES);
  const add = schedule.command("add").description("add a schedule, or change the one of the same id");
  addTimes(
    addMonitorOptions(add.command("monitor").description("check a model again and again")),
    ["data", "monitor", "model.alias"],
    async (context, file, id) => monitorPayload(context.config, await monitorRequest(context, file, id)),
  );
  addTimes(
    add.command("train").description("train again and again").argument("<file>", "labelled file"),
    ["data", "columns", "features", "boosting", "train.preset", "train.presetHint"],
    async (context, file) => {
      const path = userPath(file!);
      const { text, label } = configuredColumns(context.config);
      await checkInput(datasetOf(context.config, path), { text, label });
      return trainPayload(context.config, path);
    },
  );
  addTimes(
    add
      .command("predict")
      .description("score a file again and again; each time the output is replaced")
      .argument("<file>", "file that is replaced or grows between two times")
      .requiredOption("-o, --output <file>", "where the scored rows go")
      .option("--model <name|uri>", "model name, models:/name@alias or models:/name/version")
      .option("--pass-through <columns...>", "input columns copied to the output"),
    ["data", "predict.transport", "model.alias"],
    async (context, file) => {
      const job = { ...(await predictRequest(context, file)), force: true };
      await checkPredictionOutput({ output: job.output!, inputs: [job.input!.path], force: true });
      return predictPayload(context.config, job);
    },
  );
  const list = schedule.command("list", { isDefault: true }).description("all schedules");
  list.action(
    handler(addSettingFlags(addCommonOptions(list), []), (context) =>
      withQueues(context, (session) => showAll(context, session)),
    ),
  );
  for (const [name, doc, run] of CHANGES) {
    const command = schedule.command(`${name} <id>`).description(doc);
    command.action(
      handler(addSettingFlags(addCommonOptions(command), []), (context, id) =>
        withQueues(context, async ({ queues }) => {
          const changed = await run(queues, id!);
          context.terminal.result(
            changed,
            "removed" in changed ? `schedule ${id} is removed` : line(changed),
          );
        }),
      ),
    );
  }
}

const CHANGES: readonly (readonly [
  string,
  string,
  (queues: JobQueues, id: string) => Promise<Schedule | { id: string; removed: true }>,
])[] = [
  ["pause", "keep a schedule, but let it make no jobs", (queues, id) => changeSchedule(queues, id, "pause")],
  ["resume", "resume a paused schedule", (queues, id) => changeSchedule(queues, id, "resume")],
  ["remove", "forget a schedule", dropSchedule],
];

function addTimes(
  command: Command,
  settings: readonly string[],
  payload: (context: CommandContext, file: string | undefined, id: string) => Promise<object>,
): void {
  command
    .option("--every <duration>", "a number and s, m, h or d, e.g. 1h")
    .option("--cron <pattern>", "five fields, or six with seconds")
    .option("--timezone <name>", "IANA name, for --cron (default: UTC)")
    .option("--id <name>", "name of the schedule (default: the queue's)");
  const readFlags = addSettingFlags(addCommonOptions(command), settings);
  command.action(
    handler(readFlags, async (context, file) => {
      const { options } = context;
      const times = {
        id: textOption(options, "id") ?? command.name(),
        ...optional("every", textOption(options, "every")),
        ...optional("cron", textOption(options, "cron")),
        ...optional("timezone", textOption(options, "timezone")),
      };
      const job = await payload(context, file, times.id);
      return withQueues(context, async (session) => {
        const schedule = await putSchedule(session.queues, command.name() as SchedulableQueue, times, job);
        context.terminal.result(schedule, line(schedule));
      });
    }),
  );
}

async function withQueues(
  context: CommandContext,
  run: (session: Session) => Promise<void>,
): Promise<undefined> {
  const session = await openSession(context, { mlflow: false });
  try {
    if (session.kind === "own") context.terminal.say("schedules make jobs only while `cola up` runs");
    await run(session);
  } finally {
    await session.close();
  }
}

async function showAll(context: CommandContext, { queues }: Session): Promise<void> {
  const schedules = await allSchedules(queues);
  context.terminal.result(
    { schedules },
    schedules.length === 0 ? "no schedules" : schedules.map(line).join("\n"),
  );
}

function line(schedule: Schedule): string {
  const times =
    schedule.everyMs === undefined
      ? `cron ${schedule.cron} ${schedule.timezone ?? ""}`
      : `every ${duration(schedule.everyMs / 1000)}`;
  const next = schedule.paused ? "paused" : `next ${schedule.next ?? "soon"}`;
  return printable(`${schedule.id.padEnd(20)} ${schedule.queue.padEnd(8)} ${times.trim()}, ${next}`);
}
