// The AsyncAPI 3 document of the queues.

const ABOUT =
  "ColaML's queues are BullMQ queues on Redis, under the prefix `{colaml}` unless `COLAML_REDIS_PREFIX` says otherwise. The data of a job is the payload, its return value is the result, its progress is what `updateProgress` was given; a job that failed has `CODE: message` as `failedReason`. The name of a job is that of its queue. Any BullMQ client can add jobs.";

/** How the document names a channel that holds what comes of a queue's jobs. */
const resultsOf = (queue) => `${queue}-results`;

/**
 * @param catalogue entries by queue
 * @param files names of the schema files beside the document
 * @param version of the release
 */
export function asyncApiDocument(catalogue, files, version) {
  const entries = Object.values(catalogue);
  const withResult = entries.filter(({ name }) => files.has(`${name}.result.schema.json`));
  return {
    asyncapi: "3.0.0",
    info: { title: "ColaML queues", version, description: ABOUT, license: { name: "MIT" } },
    defaultContentType: "application/json",
    servers: {
      redis: {
        host: "127.0.0.1:6379",
        protocol: "redis",
        description: "`REDIS_URL` of the workers",
      },
    },
    channels: Object.fromEntries([
      ...entries.map((entry) => [entry.name, jobsChannel(entry)]),
      ...withResult.map((entry) => [resultsOf(entry.name), resultsChannel(entry)]),
    ]),
    operations: Object.fromEntries(entries.map((entry) => operation(entry, withResult.includes(entry)))),
    components: {
      schemas: Object.fromEntries(
        [...files].map((name) => [name.replace(".schema.json", "").replaceAll(".", "-"), schemaIn(name)]),
      ),
      messages: { progress: message("progress", "Progress of a running job") },
    },
  };
}

const schemaIn = (name) => ({
  schemaFormat: "application/schema+json;version=draft-2020-12",
  schema: { $ref: `./${name}` },
});

const message = (schema, title) => ({
  name: schema,
  title,
  contentType: "application/json",
  payload: { $ref: `#/components/schemas/${schema}` },
});

const WHO = {
  api: "Other systems and people put jobs here.",
  command: "A command puts jobs here.",
  workers: "Workers put jobs here.",
};

function jobsChannel({ name, from, worker }) {
  const taken = worker ? `The ${worker} worker takes them.` : "No worker of ColaML takes them: yours may.";
  return {
    address: name,
    title: `Jobs of ${name}`,
    description: `${WHO[from]} ${taken}`,
    servers: [{ $ref: "#/servers/redis" }],
    messages: { job: message(`${name}-payload`, `A ${name} job`) },
  };
}

function resultsChannel({ name }) {
  return {
    // Of the job itself: it has no address of its own.
    address: null,
    title: `What comes of ${name} jobs`,
    description: "The job's progress while it runs and its return value when it is completed.",
    servers: [{ $ref: "#/servers/redis" }],
    messages: {
      result: message(`${name}-result`, `Result of a ${name} job`),
      progress: { $ref: "#/components/messages/progress" },
    },
  };
}

function operation({ name, from, worker }, hasResult) {
  const results = resultsOf(name);
  const reply = {
    channel: { $ref: `#/channels/${results}` },
    messages: [{ $ref: `#/channels/${results}/messages/result` }],
  };
  return [
    `${worker ? "run" : "send"}-${name}`,
    {
      action: worker ? "receive" : "send",
      channel: { $ref: `#/channels/${name}` },
      summary: worker ? `Run a ${name} job` : `Put a job on ${name}`,
      tags: [{ name: from === "workers" && worker ? "internal" : "public" }],
      messages: [{ $ref: `#/channels/${name}/messages/job` }],
      ...(hasResult && { reply }),
    },
  ];
}
