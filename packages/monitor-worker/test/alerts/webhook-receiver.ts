import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { exampleAlert } from "../../../shared/test/alerts/example-alert";

/** An alert as the engine makes it, with what Slack would read as a mention. */
export const alert = exampleAlert("quality-modelo_nuevo-7", {
  model: "modelo_nuevo",
  message: "accuracy <!channel> & down",
});
export const silent = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silent,
  close: async () => {},
};

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver that answers what `statuses` says, then 200. */
export async function receiver(statuses: (number | "redirect")[] = []) {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === "redirect") response.writeHead(302, { location: "/elsewhere" });
      else response.writeHead(status);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    ...resolveConfig().webhook,
    url: `http://localhost:${port}/hook`,
    secret: "whsec_c2VjcmV0LWtleQ==",
    allowHttp: true,
    allowPrivate: true,
    ports: String(port),
  };
  const close = () => new Promise((resolve) => server.close(resolve));
  return { received, settings, close };
}

export const loopback = async () => [{ address: "127.0.0.1", family: 4 }];
