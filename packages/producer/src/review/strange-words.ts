/** How strange a text is to a model: 0 is not at all. */
export type Strangeness = (text: string) => { score: number; words: string[] };

/** Added to the words of a text, so that a text of one unknown word is not the strangest of all. */
const PRIOR_WORDS = 3;
/** A word that was named counts more than any share of unknown ones. */
const NAMED = 1;
const WORDS_SHOWN = 10;
/** Parts of a text that may identify somebody: handles, addresses, links. */
const IDENTIFYING = /\S*(?:@|:\/\/|www\.)\S*/gi;
/** Numbers of orders or telephones, of any script, rather than words. */
const NUMBER = /\p{Nd}{3}/u;

/**
 * Rates texts by the share of their different words that are unknown, `unknown / (words + 3)`, plus 1 for each word
 * that somebody named. Handles, addresses, links and numbers are not looked at.
 *
 * @param isKnown whether the training knew a word; absent: only named words count
 * @param named words as the tokenizer gives them
 */
export function createStrangeness(
  tokenise: (text: string) => string[],
  named: ReadonlySet<string>,
  isKnown?: (word: string) => boolean,
): Strangeness {
  return (text) => {
    const words = new Set(
      tokenise(text.replace(IDENTIFYING, " ")).filter((word) => !word.includes(" ") && !NUMBER.test(word)),
    );
    const met = [...words].filter((word) => named.has(word));
    const unknown =
      isKnown === undefined ? [] : [...words].filter((word) => !named.has(word) && !isKnown(word));
    return {
      score: NAMED * met.length + unknown.length / (words.size + PRIOR_WORDS),
      words: [...met, ...unknown].slice(0, WORDS_SHOWN),
    };
  };
}
