import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Command } from "commander";
import { openSession, type Session } from "../../local/session";
import { type Drained, drainQueue, type KeptJobs } from "../../submit/drain-queue";
import { pauseQueue, queueOverview, queueOverviews, resumeQueue } from "../../submit/queue-overview";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { queueTable } from "../queue-lines";
import { addSettingFlags } from "../setting-flags";

const EXAMPLES = `
Examples:
  $ cola queues
  $ cola queues pause predict      # what runs is finished, nothing more is taken
  $ cola queues resume predict
  $ cola queues drain train --yes  # what has not begun is taken off`;

type QueuesAction = (context: CommandContext, session: Session, name: string) => Promise<void>;

/** `cola queues [list|pause|resume|drain]`. */
export function addQueuesCommand(program: Command): void {
  const queues = program
    .command("queues")
    .description("queues with their jobs and workers: list, pause, resume, drain")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, doc: string, run: QueuesAction, isDefault = false) => {
    const command = queues.command(name, { isDefault }).description(doc);
    command.action(
      handler(addSettingFlags(addCommonOptions(command), []), async (context, queue) => {
        const session = await openSession(context, { mlflow: false });
        try {
          await run(context, session, queue ?? "");
        } finally {
          await session.close();
        }
        return undefined;
      }),
    );
    return command;
  };
  add("list", "all queues", list, true);
  add("pause <queue>", "let workers take nothing more from a queue", change(pauseQueue));
  add("resume <queue>", "let workers take jobs from a paused queue again", change(resumeQueue));
  add("drain <queue>", "take off a queue what has not begun; what running jobs wait for stays", drain).option(
    "--yes",
    "do it: the jobs are gone then",
  );
}

const list: QueuesAction = async ({ terminal }, session) => {
  const queues = await queueOverviews(session.queues);
  terminal.result({ queues }, queueTable(terminal, queues).join("\n"));
};

const change =
  (run: typeof pauseQueue): QueuesAction =>
  async ({ terminal }, session, name) => {
    const overview = await run(session.queues, name);
    terminal.result(overview, `queue ${overview.queue} is ${overview.paused ? "paused" : "open"}`);
  };

const drain: QueuesAction = async ({ terminal, options }, { queues }, name) => {
  const { queue, counts } = await queueOverview(queues, name);
  if (options["yes"] !== true) {
    throw new ColaError(
      "USAGE",
      `queue ${queue} has ${counts.waiting} waiting and ${counts.delayed} delayed jobs, which would be gone: \`cola queues drain ${queue} --yes\` takes them off`,
    );
  }
  const drained = await drainQueue(queues, queue);
  // As long as each turn takes some off: what it keeps, it keeps the next time, too.
  for (let last = drained; last.more && last.removed > 0; ) {
    last = await drainQueue(queues, queue);
    Object.assign(drained, last, { removed: drained.removed + last.removed });
  }
  terminal.result(drained, describeDrained(drained));
};

const KEPT: Readonly<Record<keyof KeptJobs, string>> = {
  begun: "begun before, `cola jobs cancel ID` ends one",
  children: "trials of a search that runs",
  chunks: "chunks, while a batch has begun and not ended: `cola jobs cancel ID` ends a batch",
  scheduled: "next jobs of schedules, `cola schedule remove ID` ends one",
  taken: "taken by a worker meanwhile",
};

function describeDrained({ queue, removed, kept, more }: Drained): string {
  const stayed = Object.entries(KEPT).flatMap(([why, words]) => {
    const count = kept[why as keyof KeptJobs];
    return count > 0 ? [`  kept ${count}: ${words}`] : [];
  });
  const rest = more ? ["  there are more: run it again"] : [];
  return [`queue ${queue}: ${removed} jobs taken off`, ...stayed, ...rest].join("\n");
}
