/** The status of an answer to a GET of the address; undefined if there is none within `timeoutMs`. No redirect is followed. */
export async function httpStatus(url: string, timeoutMs: number): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

/**
 * Address of the probe of one of our processes that listens on a host of this machine.
 * @example liveUrl("0.0.0.0", 9464) // "http://127.0.0.1:9464/livez"
 */
export function liveUrl(host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}/livez`;
}
