import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { promptly } from "../../submit/submit-job";
import { answeredJob, relativeTo } from "../answer-paths";
import { EventStream } from "../events/event-stream";
import { eventOf, hasReadTheEnd, isLast } from "../events/job-events";
import { type JobNews, JobWatches } from "../events/job-watches";
import { byId, type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

/** How often a watched job is looked at: a person sees no more, and a hundred jobs cost Redis little. */
const POLL_MS = 400;

const text = { type: "string" };
const OPERATION: Operation = {
  operationId: "getJobEvents",
  summary: "Progress of a job as server-sent events, until it has ended",
  parameters: [...byId.parameters, { name: "Last-Event-ID", in: "header", schema: { type: "string" } }],
  responses: {
    "200": {
      description: "events `state`, `unavailable` and, as the last one, `end`",
      content: {
        // The schema is of one event, as its fields are read.
        "text/event-stream": {
          schema: {
            type: "object",
            properties: { id: text, event: { enum: ["state", "unavailable", "end"] }, data: text },
          },
        },
      },
    },
    "204": { description: "the event of Last-Event-ID was the last one" },
    ...refused,
  },
};

type EventRequest = FastifyRequest<{ Params: { id: string } }>;

/** `GET /jobs/:id/events`: the present state at once, then each change, and at last how it ended. */
export function addEventRoute(server: FastifyInstance, { config, queues, dataDir }: Service): void {
  const relative = relativeTo(dataDir);
  const watches = new JobWatches((reference) => promptly(queues, queues.view(reference)), POLL_MS);
  const open = new Set<EventStream>();
  const most = config.http.maxEventStreams;
  server.addHook("preClose", async () => {
    for (const stream of open) stream.end();
  });
  server.get(
    "/jobs/:id/events",
    { config: { role: "read", operation: OPERATION } },
    async (request: EventRequest, reply) => {
      const job = await promptly(queues, queues.view(request.params.id));
      const first: JobNews = { kind: "job", job };
      const lastEventId = request.headers["last-event-id"];
      // a browser comes back after the end until it gets this
      if (hasReadTheEnd(lastEventId === undefined ? undefined : String(lastEventId), first))
        return reply.code(204).send();
      if (request.method === "HEAD") return reply.headers(HEADERS).send();
      if (open.size >= most)
        throw new ColaError("RATE_LIMITED", `${most} streams of events are open (COLAML_MAX_EVENT_STREAMS)`);
      // gone while the job was looked at
      if (reply.raw.destroyed) return reply.hijack();
      const stream = begin(reply);
      open.add(stream);
      let said = "";
      const tell = (news: JobNews) => {
        const event = eventOf(news, (one) => answeredJob(one, relative));
        if (event.id === said) return;
        said = event.id;
        if (isLast(news)) stream.end(event);
        else stream.send(event);
      };
      const stop = isLast(first) ? () => {} : watches.watch(`${job.queue}/${job.id}`, tell);
      reply.raw.once("close", () => {
        stop();
        open.delete(stream);
      });
      tell(first);
      return reply;
    },
  );
}

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // proxies would collect events
  "x-accel-buffering": "no",
};

function begin(reply: FastifyReply): EventStream {
  reply.hijack();
  const own = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  reply.raw.writeHead(200, { ...Object.fromEntries(own), ...HEADERS });
  return new EventStream(reply.raw);
}
