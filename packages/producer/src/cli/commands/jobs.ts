import { ColaError } from "@colaml/shared/errors/cola-error";
import { EXIT } from "@colaml/shared/errors/error-table";
import type { Command } from "commander";
import { openSession, type Session } from "../../local/session";
import { cancelJob, describeCancelled } from "../../submit/cancel-job";
import { retryJob } from "../../submit/job-control";
import { type JobFilter, LISTED_STATES, parseJobFilter } from "../../submit/job-filter";
import { LOG_LIMIT, readJobLog } from "../../submit/job-log-lines";
import { listJobs } from "../../submit/list-jobs";
import { withReasons } from "../../submit/waiting-reason";
import { addCommonOptions, type CommandAction, type CommandContext, handler } from "../command-context";
import { describeJob, jobLine } from "../job-lines";
import { optional, textOption, wholeOption } from "../options";
import { watchJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";

const EXAMPLES = `
Examples:
  $ cola jobs
  $ cola jobs --failed --since 2h
  $ cola jobs --queue train,tune --state waiting
  $ cola jobs logs train-5f0c2a91d3
  $ cola jobs watch train-5f0c2a91d3
  $ cola jobs cancel predict-0d4be7710c
  $ cola jobs retry predict-0d4be7710c
  $ cola jobs show train-5f0c2a91d3 --json`;

/** `cola jobs [list|show|logs|watch|cancel|retry]`. */
export function addJobsCommand(program: Command): void {
  const jobs = program
    .command("jobs")
    .description("look at jobs and their logs, watch, cancel or retry one")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, doc: string, run: QueueAction, isDefault = false) => {
    const command = jobs.command(name, { isDefault }).description(doc);
    if (name === "list") addFilters(command);
    command.action(handler(addSettingFlags(addCommonOptions(command), []), withQueues(run)));
  };
  add("list", "the latest jobs of every queue", list, true);
  add("show <id>", "one job: state, progress, what it waits for, result or reason", show);
  add("logs <id>", "the main steps of a job, as its workers wrote them down", logs);
  add("watch <id>", "show a job's progress until it ends", watch);
  add("cancel <id>", "end a job, and the trials of a tuning job; unfinished files are removed", cancel);
  add("retry <id>", "requeue a failed job, or run only a chunk of the dead-letter queue again", retry);
}

const addFilters = (command: Command) =>
  command
    .option("--queue <names>", "jobs of these queues (default: those that people put jobs on)")
    .option("--state <names>", `jobs in these states: ${LISTED_STATES.join(", ")}`)
    .option("--failed", "the same as --state failed")
    .option("--model <name>", "jobs that train, use or are about this registered model")
    .option("--since <when>", "jobs added since: a time, or how long ago, such as 2h or 7d")
    .option("--cursor <next>", "the page behind one, by its `next`")
    .option("-n, --limit <count>", "jobs at most", "20");

type QueueAction = (context: CommandContext, session: Session, id: string) => Promise<number | undefined>;

const withQueues =
  (run: QueueAction): CommandAction =>
  async (context, id) => {
    const session = await openSession(context, { mlflow: false });
    try {
      return await run(context, session, id ?? "");
    } finally {
      await session.close();
    }
  };

async function list({ options, terminal }: CommandContext, session: Session): Promise<undefined> {
  const { jobs, next, partial } = await listJobs(session.queues, filterOf(options));
  const views = await withReasons(session.queues, jobs);
  const how = partial ? "not all jobs were looked at, go on with" : "more:";
  const more = next === undefined ? [] : [terminal.dim(`${how} --cursor ${next}`)];
  const none = partial ? "no such jobs so far" : "no such jobs";
  const lines = views.length === 0 ? [none] : views.map((view) => jobLine(terminal, view));
  terminal.result(
    { jobs: views, ...optional("next", next), ...optional("partial", partial) },
    [...lines, ...more].join("\n"),
  );
  return undefined;
}

/** @throws ColaError USAGE */
function filterOf(options: CommandContext["options"]): JobFilter {
  const state = textOption(options, "state");
  if (options["failed"] === true && state !== undefined)
    throw new ColaError("USAGE", "--failed is the same as --state failed: give one of them");
  return parseJobFilter(
    {
      limit: wholeOption(options, "limit", 1, 100),
      ...optional("queue", textOption(options, "queue")),
      ...optional("state", options["failed"] === true ? "failed" : state),
      ...optional("model", textOption(options, "model")),
      ...optional("since", textOption(options, "since")),
      ...optional("cursor", textOption(options, "cursor")),
    },
    Date.now(),
  );
}

async function show({ terminal }: CommandContext, { queues }: Session, id: string): Promise<undefined> {
  const [view] = await withReasons(queues, [await queues.view(id)]);
  terminal.result(view, describeJob(terminal, view!));
  return undefined;
}

async function logs({ terminal }: CommandContext, { queues }: Session, id: string): Promise<undefined> {
  const log = await readJobLog(queues, id, LOG_LIMIT);
  const text = log.lines.length === 0 ? "nothing was written down yet" : log.lines.map(printable).join("\n");
  terminal.result(log, text);
  if (log.earlier > 0) terminal.say(`earlier lines that are not shown: ${log.earlier}`);
  return undefined;
}

async function watch(context: CommandContext, session: Session, id: string): Promise<number> {
  const view = await watchJob(context, session, id);
  context.terminal.result(view, describeJob(context.terminal, view));
  // The exit code of a check that failed, as the command that started it gives it.
  const { ok } = (view.result ?? {}) as { ok?: boolean };
  return ok === false ? EXIT.check : EXIT.ok;
}

async function cancel(context: CommandContext, session: Session, id: string): Promise<undefined> {
  const answer = await cancelJob(session.queues, id);
  context.terminal.result(answer, describeCancelled(answer));
  return undefined;
}

async function retry(context: CommandContext, session: Session, id: string): Promise<undefined> {
  const view = await retryJob(session.queues, id);
  const what = id.endsWith(view.id)
    ? `job ${view.id} is back on queue ${view.queue}`
    : `it is job ${view.id} now`;
  context.terminal.result(view, `${what}: cola jobs watch ${view.id}`);
  return undefined;
}
