/** What names a page of a search to MLflow. */
interface PageQuery {
  max_results: number;
  /** Absent for the first page. */
  page_token?: string;
}

/**
 * What a search of MLflow finds, page by page.
 *
 * @param limits results of one page, and in all, at most
 * @param ask sends the search with what names the page; `next` of its answer is absent or empty behind the last page
 * @throws what `ask` does
 */
export async function searchPages<T>(
  limits: { page: number; all: number },
  ask: (page: PageQuery) => Promise<{ found: T[]; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const max_results = Math.min(limits.page, limits.all - all.length);
    const { found, next } = await ask({ max_results, ...(token ? { page_token: token } : {}) });
    all.push(...found);
    token = next;
  } while (token && all.length < limits.all);
  return all;
}
