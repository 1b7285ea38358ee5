import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { proxyList } from "@colaml/shared/settings/proxy-addresses";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { answerMissingPage, isBelowPages } from "../page/error-page";
import { addPages } from "../page/page-routes";
import type { PageService } from "../page/page-service";
import type { Serving } from "../serving/serving";
import { MAX_ID } from "../submit/job-queues";
import { answerNoRoute, collectMethods } from "./allowed-methods";
import { type RelativePath, relativeTo, withRelativePaths } from "./answer-paths";
import { addAuditLines } from "./audit-lines";
import {
  type Authentication,
  checkBinding,
  createAuthentication,
  type Role,
  requireRole,
} from "./authentication";
import { addBodyDeadline } from "./body-deadline";
import { callerAddress } from "./caller-address";
import { createFailedTokens, type FailedTokens } from "./failed-tokens";
import { createFailureReport, type FailureReport } from "./failure-report";
import { refuseForeignPage } from "./foreign-page";
import { addJsonBodies } from "./json-body";
import { refuseUnknownQuery } from "./known-query";
import { collectOperations } from "./openapi/document";
import type { Operation } from "./openapi/operation";
import { createPageAccess } from "./page-access";
import { createRateLimit } from "./rate-limit";
import { addRequestSpans } from "./request-spans";
import { dropRestOfBody } from "./rest-of-body";
import { addAlertRoutes } from "./routes/alerts";
import { addChampionRoutes } from "./routes/champion";
import { addDashboard, DASHBOARD_PATH } from "./routes/dashboard";
import { addDocsRoutes, DOCS_PATH } from "./routes/docs";
import { addEventRoute } from "./routes/events";
import { addFileRoutes } from "./routes/files";
import { addHealthRoutes } from "./routes/health";
import { addInvocationsRoutes } from "./routes/invocations";
import { addJobRoutes } from "./routes/jobs";
import { addMetricsRoute } from "./routes/metrics";
import { addModelRoutes } from "./routes/models";
import { addPingRoutes } from "./routes/ping";
import { addQueueRoutes } from "./routes/queues";
import { addScheduleRoutes } from "./routes/schedules";
import { addSubmitRoutes } from "./routes/submit";
import { addUploadRoute } from "./routes/uploads";
import { scoreText } from "./score-text";
import type { Service } from "./service";
import { addServing } from "./serving-life";
import { answerUnreadable } from "./unreadable-request";

/** Bytes of a request body: texts in a job, never files. */
const BODY_LIMIT = 1_048_576;
/** Of a refusal of fastify's, which may quote a path. */
const MAX_MESSAGE = 200;
/** Requests per second and token; without tokens per address. */
const REQUESTS_PER_SECOND = 100;
/** Milliseconds for a body: 1 MiB at the speed of an old modem line. */
const BODY_DEADLINE_MS = 30_000;

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a route needs; absent is `admin`, so that a forgotten one is closed. */
    role?: Role | "none" | "none-unless-verbose";
    /** Whose limit of requests per second counts; absent: the API's. */
    limit?: "scoring";
    /** What the OpenAPI document says of it; pages for people have none. */
    operation?: Operation;
  }
  interface FastifyRequest {
    /** What its caller may do; absent for a route that asks nobody. */
    role?: Role;
  }
}

/**
 * The producer's server, not listening yet.
 * @throws ColaError CONFIG_INVALID for a bind beyond loopback without a token
 */
export async function createServer(service: Service): Promise<FastifyInstance> {
  checkBinding(service.config.http);
  const report = createFailureReport(service.log);
  const proxies = proxyList(service.config.http.trustedProxy);
  const server = fastify({
    // an empty list would be taken for one that holds everybody
    trustProxy: proxies.length > 0 ? proxies : false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    return503OnClosing: true,
    routerOptions: { maxParamLength: MAX_ID },
    // a path that no route can be looked for
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, report),
    clientErrorHandler: answerUnreadable,
  });
  server.removeContentTypeParser(["text/plain", "application/json"]);
  addJsonBodies(server);
  addBodyDeadline(server, service.bodyDeadlineMs ?? BODY_DEADLINE_MS);
  const authentication = createAuthentication(service.config.http);
  const failedTokens = createFailedTokens();
  addGuards(server, service, authentication, failedTokens, report);
  addErrorAnswers(server, report, relativeTo(service.dataDir));
  addRequestSpans(server);
  addAuditLines(server, service.log);
  const routes = collectOperations(server, isPage);
  addSubmitRoutes(server, service);
  addJobRoutes(server, service);
  addEventRoute(server, service);
  addScheduleRoutes(server, service);
  addQueueRoutes(server, service);
  addAlertRoutes(server, service);
  addModelRoutes(server, service);
  addChampionRoutes(server, service);
  addFileRoutes(server, service);
  await addUploadRoute(server, service);
  addHealthRoutes(server, service);
  const serving = addServing(server, service);
  addPingRoutes(server, serving);
  const scoring = addInvocationsRoutes(server, service, serving);
  addMetricsRoute(server, service, scoring.registry);
  await server.after();
  addDocsRoutes(server, routes);
  await addDashboard(server, service);
  await addPages(server, pageServiceOf(service, serving, authentication, failedTokens));
  return server;
}

/** Pages in a browser, and the document itself. */
const isPage = (path: string) =>
  path === "/" ||
  [DASHBOARD_PATH, DOCS_PATH, "/ui", "/login", "/logout"].some(
    (page) => path === page || path.startsWith(`${page}/`),
  );

function pageServiceOf(
  service: Service,
  serving: Serving,
  authentication: Authentication,
  failedTokens: FailedTokens,
): PageService {
  const { config, queues, health, dataDir, log } = service;
  return {
    config,
    queues,
    ...(config.mlflow.trackingUri !== "" && { mlflow: createMlflowClient(config.mlflow) }),
    health: () => health.look(),
    dataDir,
    access: createPageAccess(authentication, failedTokens),
    score: (text) => scoreText(serving, text),
    log,
  };
}

function addGuards(
  server: FastifyInstance,
  { config }: Service,
  authentication: Authentication,
  failedTokens: FailedTokens,
  report: FailureReport,
): void {
  const limitApi = createRateLimit(REQUESTS_PER_SECOND);
  const { requestsPerSecond } = config.serve;
  const limitScoring = requestsPerSecond > 0 ? createRateLimit(requestsPerSecond) : () => {};
  const roleOf = (request: FastifyRequest): Role => {
    if (authentication.required) failedTokens.check(callerAddress(request));
    try {
      return authentication.roleOf(request);
    } catch (error) {
      // whoever gives none tries none: a browser asks so before it knows that a token is needed
      if (request.headers.authorization === undefined) limitApi(callerAddress(request));
      else failedTokens.note(callerAddress(request));
      throw error;
    }
  };
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    reply.header("x-frame-options", "DENY");
    reply.header("referrer-policy", "no-referrer");
    const needed = neededRole(request);
    if (needed === "none") return;
    try {
      refuseForeignPage(request.method, request.headers);
      const role = roleOf(request);
      const limit = request.routeOptions.config.limit === "scoring" ? limitScoring : limitApi;
      limit(authentication.required ? role : callerAddress(request));
      requireRole(role, needed);
      refuseUnknownQuery(request);
      request.role = role;
    } catch (error) {
      if (request.routeOptions.config?.page) throw error;
      // Answered here: a plugin's own error handler would make a fault of it.
      return answerError(toColaError(error), request, reply, report);
    }
  });
}

function neededRole(request: FastifyRequest): Role | "none" {
  // whoever has a token may learn that a path is wrong
  if (request.is404) return "read";
  const role = request.routeOptions.config?.role ?? "admin";
  if (role !== "none-unless-verbose") return role;
  return (request.query as Record<string, unknown>)["verbose"] === undefined ? "none" : "read";
}

function addErrorAnswers(server: FastifyInstance, report: FailureReport, relative: RelativePath): void {
  const allowedMethods = collectMethods(server);
  server.setErrorHandler(async (error: FastifyError | ColaError, request, reply) => {
    if (!(error instanceof ColaError) && error.statusCode === 413) await dropRestOfBody(request.raw);
    // what has a deadline may have answered meanwhile
    return reply.sent ? reply : answerError(error, request, reply, report, relative);
  });
  server.setNotFoundHandler({}, (request, reply) => {
    if (isBelowPages(request.url)) return answerMissingPage(request, reply);
    return answerNoRoute(request, reply, allowedMethods);
  });
}

/** The one shape of a refusal. What went wrong inside is for the log: an answer names no hosts, paths or causes. */
function answerError(
  error: FastifyError | ColaError,
  request: FastifyRequest,
  reply: FastifyReply,
  report: FailureReport,
  relative: RelativePath = (path) => path,
): FastifyReply {
  const known = asColaError(error, request);
  const isOurs = error instanceof ColaError;
  const status = isOurs ? ERROR_TABLE[known.code].status : (error.statusCode ?? 500);
  if (status === 401) reply.header("www-authenticate", challengesFor(request));
  if (status === 429 || status === 503) reply.header("retry-after", "1");
  if (status >= 500) report(known, request.routeOptions.url);
  const message =
    known.code === "INTERNAL" && status >= 500
      ? "internal error: see the server's log"
      : withRelativePaths(known.message, relative);
  return reply.code(status).send({ error_code: known.code, message });
}

/**
 * A browser that opens a page, or what belongs to one, asks its user for a name and the token as password. Each scheme
 * has a line of its own: of a line that names several, Chromium reads the first.
 */
function challengesFor({ headers, routeOptions }: FastifyRequest): string[] {
  const isForPerson = /\btext\/html\b/i.test(headers.accept ?? "") || isPage(routeOptions.url ?? "");
  const bearer = 'Bearer realm="colaml"';
  return isForPerson ? ['Basic realm="colaml", charset="UTF-8"', bearer] : [bearer];
}

/** Fastify's own refusals (malformed JSON, too large, wrong type) are the caller's. */
function asColaError(error: FastifyError | ColaError, { headers, routeOptions }: FastifyRequest): ColaError {
  if (error instanceof ColaError) return error;
  const status = error.statusCode ?? 500;
  if (status === 413) {
    const bodyLimit = routeOptions.bodyLimit ?? BODY_LIMIT;
    return new ColaError("INPUT_TOO_LARGE", `a body may have at most ${bodyLimit} bytes`);
  }
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    const given = JSON.stringify((headers["content-type"] ?? "").slice(0, 80));
    const allowed =
      routeOptions.config?.limit === "scoring" ? "application/json and text/csv" : "application/json";
    return new ColaError("JOB_INVALID", `the content type is ${given}: allowed is ${allowed}`);
  }
  if (status < 500) return new ColaError("JOB_INVALID", error.message.slice(0, MAX_MESSAGE));
  return toColaError(error);
}
