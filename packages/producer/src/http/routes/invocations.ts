import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerQuestion, checkSize } from "../../serving/answer-question";
import { csvQuestion } from "../../serving/csv-question";
import { InFlight } from "../../serving/in-flight";
import { jsonQuestion } from "../../serving/json-question";
import type { Serving } from "../../serving/serving";
import { createServingMetrics, type ServingMetrics } from "../../serving/serving-metrics";
import { INVOCATIONS, MODEL_INVOCATIONS, VERSION_INVOCATIONS } from "../openapi/invocations";
import type { Service } from "../service";

/** Names the model of `POST /invocations`: `name@alias` or `name/version`. The answer has it with its version. */
const MODEL_HEADER = "colaml-model";

declare module "fastify" {
  interface FastifyRequest {
    /** Set as soon as the answer is over, by whoever gave it: what is still under way may stop. */
    scoringIsOver: boolean;
  }
}

/** What the scoring routes work with. */
interface Scoring {
  service: Service;
  serving: Serving;
  metrics: ServingMetrics;
}

/**
 * MLflow's scoring protocol, answered in this process: `/invocations` for the configured model or the one that a header
 * names, and the same below a model's name.
 *
 * @returns the metrics of scoring
 */
export function addInvocationsRoutes(
  server: FastifyInstance,
  service: Service,
  serving: Serving,
): ServingMetrics {
  const { config } = service;
  const inFlight = new InFlight(config.serve.inFlight);
  const metrics = createServingMetrics(serving, inFlight);
  const scoring: Scoring = { service, serving, metrics };
  // parsers and hooks of these routes only
  server.register(async (routes) => {
    readBodiesAsTheyAre(routes);
    routes.decorateRequest("scoringIsOver", false);
    routes.addHook("onRequest", async (request, reply) => admit(request, reply, inFlight, scoring));
    const bodyLimit = config.serve.maxBytes;
    // the deadline of scoring is also that of the body
    const options = { bodyLimit, config: { role: "submit", limit: "scoring", streamsBody: true } as const };
    routes.post(
      "/invocations",
      { ...options, config: { ...options.config, operation: INVOCATIONS } },
      (request, reply) => score(request, reply, headerUri(request) ?? serving.home, scoring),
    );
    routes.post<{ Params: { name: string } }>(
      "/models/:name/invocations",
      { ...options, config: { ...options.config, operation: MODEL_INVOCATIONS } },
      (request, reply) => score(request, reply, pathUri(request, service), scoring),
    );
    routes.post<{ Params: { name: string; version: string } }>(
      "/models/:name/versions/:version/invocations",
      { ...options, config: { ...options.config, operation: VERSION_INVOCATIONS } },
      (request, reply) => score(request, reply, versionUri(request), scoring),
    );
  });
  return metrics;
}

/** The bytes of JSON and CSV as they came: what they hold is read when the model is known. */
function readBodiesAsTheyAre(routes: FastifyInstance): void {
  routes.removeAllContentTypeParsers();
  routes.addContentTypeParser(
    ["application/json", "text/csv"],
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
}

/** Counts a request from its first byte to the end of its answer, and answers 504 when its time is up. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  inFlight: InFlight,
  { service, metrics }: Scoring,
): Promise<void> {
  const { deadlineMs } = service.config.serve;
  const startedMs = performance.now();
  const route = request.routeOptions.url!;
  reply.raw.once("close", () => {
    request.scoringIsOver = true;
    metrics.answered(route, reply.raw.statusCode, (performance.now() - startedMs) / 1000);
  });
  inFlight.enter();
  const deadline = setTimeout(() => {
    if (reply.sent) return;
    request.scoringIsOver = true;
    // a body that is still on its way is not read to its end
    reply.header("connection", "close");
    reply.send(
      new ColaError("DEADLINE_EXCEEDED", `not answered within ${deadlineMs} ms (COLAML_SERVE_DEADLINE_MS)`),
    );
  }, deadlineMs);
  reply.raw.once("close", () => {
    clearTimeout(deadline);
    inFlight.leave();
  });
}

async function score(
  request: FastifyRequest,
  reply: FastifyReply,
  uri: string,
  { service, serving, metrics }: Scoring,
): Promise<FastifyReply> {
  const isCsv = isCsvType(request.headers["content-type"]);
  const model = serving.inMemory(uri) ?? (await serving.open(uri));
  if (request.scoringIsOver) return reply;
  // Without a body nothing was parsed.
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const question = questionOf(body, isCsv, { columns: model.columns, maxRows: service.config.serve.maxRows });
  checkSize(question, model);
  const answer = await answerQuestion(question, model, () => request.scoringIsOver);
  if (answer === undefined || request.scoringIsOver) return reply;
  metrics.scored(question.texts.length);
  const { name, version } = model.pinned;
  return reply
    .header(MODEL_HEADER, `${name}/${version}`)
    .header("content-type", "application/json")
    .send(answer);
}

const questionOf = (body: Buffer, isCsv: boolean, reading: Parameters<typeof csvQuestion>[1]) =>
  isCsv ? csvQuestion(body, reading) : jsonQuestion(body, reading);

/**
 * Whether a body is CSV, by its type. MLflow takes UTF-8 only, and no other parameter: older protocols said the form of
 * the body there.
 *
 * @throws an error of status 415
 */
function isCsvType(contentType: string | undefined): boolean {
  if (contentType === undefined) {
    throw Object.assign(new Error("no content type: allowed are application/json and text/csv"), {
      statusCode: 415,
    });
  }
  const [, ...parameters] = contentType.split(";");
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.trim().split("=");
    if (name.toLowerCase() === "charset" && /^"?utf-8"?$/i.test(value)) continue;
    const what = `content type parameter ${JSON.stringify(parameter.trim().slice(0, 100))}`;
    throw Object.assign(new Error(`${what}: allowed is charset=utf-8`), { statusCode: 415 });
  }
  return /^text\/csv\b/i.test(contentType);
}

/** @throws ColaError USAGE */
function headerUri(request: FastifyRequest): string | undefined {
  const given = request.headers[MODEL_HEADER];
  if (given === undefined) return undefined;
  if (typeof given === "string") return given.startsWith("models:/") ? given : `models:/${given}`;
  throw new ColaError("USAGE", `the header ${MODEL_HEADER} is given twice`);
}

/** `name@alias`, or a name, whose configured alias is meant. */
function pathUri(request: FastifyRequest<{ Params: { name: string } }>, { config }: Service): string {
  checkNoHeader(request);
  const { name } = request.params;
  return name.includes("@") ? `models:/${name}` : `models:/${name}@${config.model.alias}`;
}

function versionUri(request: FastifyRequest<{ Params: { name: string; version: string } }>): string {
  checkNoHeader(request);
  return `models:/${request.params.name}/${request.params.version}`;
}

function checkNoHeader(request: FastifyRequest): void {
  if (request.headers[MODEL_HEADER] === undefined) return;
  throw new ColaError("USAGE", `the path names a model: leave out the header ${MODEL_HEADER}`);
}
