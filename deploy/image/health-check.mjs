// HEALTHCHECK of the image: asks the process of this container whether it lives, on the port that its settings name.
const { COLAML_HEALTH_PORT, COLAML_PORT } = process.env;
// A worker has a health port of its own; the producer answers on its API's.
const port = Number(COLAML_HEALTH_PORT) || Number(COLAML_PORT) || 7077;
const signal = AbortSignal.timeout(3_000);
const isLive = await fetch(`http://127.0.0.1:${port}/livez`, { signal }).then(
  ({ ok }) => ok,
  () => false,
);
process.exitCode = isLive ? 0 : 1;
