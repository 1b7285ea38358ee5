/** natural has types only for its root, which costs 500 ms and 150 MB to load. */
declare module "natural/lib/natural/tokenizers/regexp_tokenizer" {
  export class RegexpTokenizer {
    constructor(options: { pattern: RegExp; gaps: boolean });
    /** With `gaps: false` the matches of the pattern, null without any. */
    tokenize(text: string): string[] | null;
  }
}
