import type { Queue } from "bullmq";

/** BullMQ's own `bullmq_*` of several queues as one text: each metric's HELP and TYPE once, its samples together. */
export async function bullmqMetrics(queues: readonly Queue[]): Promise<string> {
  const expositions = await Promise.all(queues.map((queue) => queue.exportPrometheusMetrics()));
  const families = new Map<string, { head: string[]; samples: string[] }>();
  for (const line of expositions.flatMap((text) => text.split("\n"))) {
    const name = /^(?:# (?:HELP|TYPE) )?([A-Za-z_:][\w:]*)/.exec(line)?.[1];
    if (name === undefined) continue;
    const family = families.get(name) ?? { head: [], samples: [] };
    families.set(name, family);
    const into = line.startsWith("#") ? family.head : family.samples;
    if (!line.startsWith("#") || !into.includes(line)) into.push(line);
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).join("\n");
}
