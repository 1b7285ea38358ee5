import type { JobView } from "../submit/job-view";
import { printable, type Terminal } from "./terminal";

const PAINTED: Partial<Record<JobView["status"], (terminal: Terminal, text: string) => string>> = {
  completed: (terminal, text) => terminal.green(text),
  failed: (terminal, text) => terminal.red(text),
  active: (terminal, text) => terminal.bold(text),
};

/** One line per job: id, state, when, and how far, why, or what it waits for. */
export function jobLine(terminal: Terminal, view: JobView): string {
  const status = view.status.padEnd(9);
  const painted = PAINTED[view.status]?.(terminal, status) ?? status;
  const note = [
    view.waiting
      ? `waiting: ${view.waiting.message}`
      : (view.status === "active" && progressNote(view)) || "",
    view.error?.message ?? "",
  ]
    .filter((part) => part !== "")
    .join("; ");
  return `${printable(view.id).padEnd(24)} ${painted} ${view.createdAt.slice(0, 19)}Z  ${printable(note)}`.trimEnd();
}

function progressNote({ progress }: JobView): string {
  if (!progress) return "";
  const { stage, done, total, unit } = progress;
  return done === undefined
    ? stage
    : `${stage} ${done}${total === undefined ? "" : `/${total}`} ${unit ?? ""}`.trim();
}

/** All that is known of a job, a line each. */
export function describeJob(terminal: Terminal, view: JobView): string {
  const lines = [
    `${terminal.bold(printable(view.id))}  ${PAINTED[view.status]?.(terminal, view.status) ?? view.status}`,
    `  queue     ${view.queue}`,
    `  created   ${view.createdAt}`,
    ...(view.startedAt ? [`  started   ${view.startedAt} (attempt ${view.attempts})`] : []),
    ...(view.finishedAt ? [`  finished  ${view.finishedAt}`] : []),
    ...(view.waiting ? [`  waiting   ${view.waiting.message}`] : []),
    ...(view.status === "active" && view.progress ? [`  progress  ${printable(progressNote(view))}`] : []),
    ...(view.error ? [`  reason    ${view.error.error_code}: ${printable(view.error.message)}`] : []),
    ...(view.result === undefined || view.result === null
      ? []
      : [`  result    ${JSON.stringify(view.result)}`]),
  ];
  return lines.join("\n");
}
