import { EXIT } from "@colaml/shared/errors/error-table";
import type { Command } from "commander";
import { openSession, type Session } from "../../local/session";
import { cancelJob, describeCancelled } from "../../submit/cancel-job";
import { retryJob } from "../../submit/job-control";
import { parseJobFilter } from "../../submit/job-filter";
import type { JobView } from "../../submit/job-view";
import { listJobs } from "../../submit/list-jobs";
import { addCommonOptions, type CommandAction, type CommandContext, handler } from "../command-context";
import { wholeOption } from "../options";
import { watchJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable, type Terminal } from "../terminal";

const EXAMPLES = `
Examples:
  $ npm run cola -- jobs
  $ npm run cola -- jobs watch train-5f0c2a91d3
  $ npm run cola -- jobs cancel predict-0d4be7710c
  $ npm run cola -- jobs retry predict-0d4be7710c
  $ npm run -s cola -- jobs show train-5f0c2a91d3 --json`;

/** `cola jobs [list|show|watch|cancel|retry]`. */
export function addJobsCommand(program: Command): void {
  const jobs = program
    .command("jobs")
    .description("look at jobs, watch, cancel or retry one")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, doc: string, run: QueueAction, isDefault = false) => {
    const command = jobs.command(name, { isDefault }).description(doc);
    if (name.startsWith("list")) command.option("-n, --limit <count>", "jobs at most", "20");
    command.action(handler(addSettingFlags(addCommonOptions(command), []), withQueues(run)));
  };
  add("list", "the latest jobs of every queue", list, true);
  add("show <id>", "one job: state, progress, result or reason", show);
  add("watch <id>", "show a job's progress until it ends", watch);
  add("cancel <id>", "end a job, and the trials of a tuning job; unfinished files are removed", cancel);
  add("retry <id>", "requeue a failed job, or run only a chunk of the dead-letter queue again", retry);
}

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

async function list(context: CommandContext, session: Session): Promise<undefined> {
  const limit = wholeOption(context.options, "limit", 1, 100)!;
  const { jobs: views } = await listJobs(session.queues, parseJobFilter({ limit }, Date.now()));
  const text =
    views.length === 0 ? "no jobs yet" : views.map((view) => jobLine(context.terminal, view)).join("\n");
  context.terminal.result({ jobs: views }, text);
  return undefined;
}

async function show(context: CommandContext, session: Session, id: string): Promise<undefined> {
  const view = await session.queues.view(id);
  context.terminal.result(view, describeJob(context.terminal, view));
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

const PAINTED: Partial<Record<JobView["status"], (terminal: Terminal, text: string) => string>> = {
  completed: (terminal, text) => terminal.green(text),
  failed: (terminal, text) => terminal.red(text),
  active: (terminal, text) => terminal.bold(text),
};

/** One line per job: id, state, when, and how far or why. */
function jobLine(terminal: Terminal, view: JobView): string {
  const status = view.status.padEnd(9);
  const painted = PAINTED[view.status]?.(terminal, status) ?? status;
  const note = view.error?.message ?? (view.status === "active" ? progressNote(view) : "");
  return `${printable(view.id).padEnd(24)} ${painted} ${view.createdAt.slice(0, 19)}Z  ${printable(note)}`.trimEnd();
}

function progressNote({ progress }: JobView): string {
  if (!progress) return "";
  const { stage, done, total, unit } = progress;
  return done === undefined
    ? stage
    : `${stage} ${done}${total === undefined ? "" : `/${total}`} ${unit ?? ""}`.trim();
}

function describeJob(terminal: Terminal, view: JobView): string {
  const lines = [
    `${terminal.bold(printable(view.id))}  ${PAINTED[view.status]?.(terminal, view.status) ?? view.status}`,
    `  queue     ${view.queue}`,
    `  created   ${view.createdAt}`,
    ...(view.startedAt ? [`  started   ${view.startedAt} (attempt ${view.attempts})`] : []),
    ...(view.finishedAt ? [`  finished  ${view.finishedAt}`] : []),
    ...(view.status === "active" && view.progress ? [`  progress  ${printable(progressNote(view))}`] : []),
    ...(view.error ? [`  reason    ${view.error.error_code}: ${printable(view.error.message)}`] : []),
    ...(view.result === undefined || view.result === null
      ? []
      : [`  result    ${JSON.stringify(view.result)}`]),
  ];
  return lines.join("\n");
}
