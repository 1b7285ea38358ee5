import type { QueueOverview } from "../submit/queue-overview";
import { duration } from "./progress-bar";
import type { Terminal } from "./terminal";

const HEADS = ["queue", "workers", "waiting", "active", "delayed", "completed", "failed"] as const;

/** A table of queues, a line each, with what is special about one behind it. */
export function queueTable(terminal: Terminal, queues: readonly QueueOverview[]): string[] {
  const rows = queues.map((overview) => {
    const { queue, worker, workers, otherWorkers = 0, counts } = overview;
    const listening = workers.length + otherWorkers;
    const cells = [
      queue,
      worker === undefined && listening === 0 ? "-" : String(listening),
      ...[counts.waiting, counts.active, counts.delayed, counts.completed, counts.failed].map(String),
    ];
    return { cells, note: noteOf(terminal, overview, listening) };
  });
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [
    terminal.dim(line(HEADS)),
    ...rows.map(({ cells, note }) => `${line(cells)}${note === "" ? "" : `  ${note}`}`),
  ];
}

function noteOf(
  terminal: Terminal,
  { worker, paused, counts, oldestWaitingMs }: QueueOverview,
  listening: number,
): string {
  const notes = [
    ...(paused ? [terminal.paint(33, "paused")] : []),
    ...(worker !== undefined && listening === 0 && counts.waiting > 0
      ? [terminal.red("no worker listens")]
      : []),
    ...(oldestWaitingMs === undefined ? [] : [`the next has waited ${duration(oldestWaitingMs / 1_000)}`]),
    ...(counts.waitingForChildren > 0 ? [`${counts.waitingForChildren} wait for jobs of their own`] : []),
  ];
  return notes.join(", ");
}
