import { stopTestServers } from "./servers";

export default async function globalTeardown(): Promise<void> {
  const started = globalThis.colamlTestServers;
  if (started) await stopTestServers(started);
}
