import { proxyAddresses } from "./proxy-addresses";
import { flag, integer, secret, text } from "./setting-kinds";

/** The API and the dashboard. */
export const httpSettings = {
  host: text({ doc: "Address the API listens on", env: "COLAML_HOST", default: "127.0.0.1" }),
  port: integer({
    doc: "Port of the API and the dashboard; 0: any free one",
    env: "COLAML_PORT",
    default: 7077,
    min: 0,
    max: 65_535,
  }),
  token: secret({
    doc: "Bearer token of the API; without it only loopback is served",
    env: "COLAML_API_TOKEN",
  }),
  submitToken: secret({
    doc: "Token that may read and submit jobs, not administer",
    env: "COLAML_API_SUBMIT_TOKEN",
  }),
  readToken: secret({ doc: "Token that may only read", env: "COLAML_API_READ_TOKEN" }),
  trustedProxy: proxyAddresses({
    doc: "Addresses or networks of proxies whose X-Forwarded-For is believed, by comma; empty: nobody's",
    env: "COLAML_TRUSTED_PROXY",
  }),
  maxEventStreams: integer({
    doc: "Streams of job events that the API keeps open at a time",
    env: "COLAML_MAX_EVENT_STREAMS",
    default: 200,
    min: 1,
    max: 10_000,
  }),
  maxUploadBytes: integer({
    doc: "Most bytes of a file that is uploaded to the data folder",
    env: "COLAML_MAX_UPLOAD_BYTES",
    default: 10 * 1024 ** 3,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
  }),
  dashboardActions: flag({
    doc: "Whether admins may retry and promote jobs on Bull Board, which is read-only else",
    env: "COLAML_DASHBOARD_ACTIONS",
  }),
};
