import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";

/** A TCP proxy on loopback that does to its flows what networks and servers do to them. */
export interface SilentProxy {
  readonly port: number;
  /** The flows that are open now carry nothing any more, in either direction, as if a firewall forgot them; new ones work. */
  forgetFlows(): void;
  /** Ends the flows that are open now. */
  cutFlows(): void;
  /** Every piece of data is held back for this long, in milliseconds. */
  delayBy(ms: number): void;
  /** New flows get these bytes for whatever they send, in the server's place; undefined: they lead to the server. */
  answerInstead(bytes: string | undefined): void;
  /** Where new flows lead from now on. */
  leadTo(port: number): void;
  close(): Promise<void>;
}

export async function startSilentProxy(target: number): Promise<SilentProxy> {
  let port = target;
  let delayMs = 0;
  let instead: string | undefined;
  const flows = new Set<Socket[]>();
  const held = () =>
    new Transform({
      transform: (bytes, _encoding, pass) => {
        if (delayMs === 0) pass(null, bytes);
        else setTimeout(() => pass(null, bytes), delayMs);
      },
    });
  const watch = (flow: Socket[]) => {
    flows.add(flow);
    const end = () => {
      for (const socket of flow) socket.destroy();
      flows.delete(flow);
    };
    for (const socket of flow) socket.on("error", end).on("close", end);
  };
  const server = createServer((client) => {
    const answer = instead;
    if (answer !== undefined) {
      watch([client]);
      client.on("data", () => client.write(answer));
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    watch([client, upstream]);
    client.pipe(held()).pipe(upstream);
    upstream.pipe(held()).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutFlows = () => {
    for (const flow of flows) for (const socket of flow) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    forgetFlows() {
      for (const flow of flows) for (const socket of flow) socket.unpipe().pause();
    },
    cutFlows,
    delayBy: (ms) => {
      delayMs = ms;
    },
    answerInstead: (bytes) => {
      instead = bytes;
    },
    leadTo: (to) => {
      port = to;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutFlows();
      }),
  };
}
