/** A server that is busy takes longer than one that is idle. */
const ANSWER_MS = 5_000;

/** Whether there is any answer to a GET of the address within 5 s, whatever its status is. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "manual" });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
