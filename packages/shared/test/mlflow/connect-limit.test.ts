import type { Socket } from "node:net";
import { connectLimitedAgents } from "@colaml/shared/mlflow/connect-limit";

test.each(["httpAgent", "httpsAgent"] as const)(
  "a socket of the %s that never connects fails as such",
  async (kind) => {
    const agent = connectLimitedAgents({ insecureTls: false, timeoutMs: 20 })[kind];
    // A name that is never resolved is a connection that is never made.
    const options = { host: "mlflow.invalid", port: 1, lookup: () => {} };
    const socket = agent.createConnection(options as never, () => {}) as Socket;
    const error = await new Promise((resolve) => socket.once("error", resolve));
    expect(error).toMatchObject({ code: "ECONNECTTIMEOUT" });
  },
);
