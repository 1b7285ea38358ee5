/** Whether there is any answer to a GET of the address within `timeoutMs`, whatever its status is. */
export async function answersHttp(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
