import { isWhiteSpace } from "./character-meanings";

type NgramRange = readonly [shortest: number, longest: number];

const isSpace = (character: string) => isWhiteSpace(character.codePointAt(0)!);

/** Characters (code points, as Python counts) of a text in which several white-space characters in a row are one space. */
function collapsed(text: string): string[] {
  const characters: string[] = [];
  let spaces = 0;
  for (const character of text) {
    spaces = isSpace(character) ? spaces + 1 : 0;
    if (spaces < 2) characters.push(character);
    else characters[characters.length - 1] = " ";
  }
  return characters;
}

function ngrams(characters: readonly string[], [shortest, longest]: NgramRange): string[] {
  const grams: string[] = [];
  for (let n = shortest; n <= Math.min(longest, characters.length); n++) {
    for (let i = 0; i + n <= characters.length; i++) grams.push(characters.slice(i, i + n).join(""));
  }
  return grams;
}

/**
 * N-grams of characters, as scikit-learn's analyzer `char`.
 *
 * @example charNgrams("a  b", [2, 2]) // ["a ", " b"]
 */
export function charNgrams(text: string, range: NgramRange): string[] {
  return ngrams(collapsed(text), range);
}

/**
 * N-grams of characters within words that are padded with a space on both sides, as scikit-learn's analyzer
 * `char_wb`: a padded word shorter than every n-gram counts once, as it is.
 *
 * @example charWordNgrams("ab c", [4, 4]) // [" ab ", " c "]
 */
export function charWordNgrams(text: string, range: NgramRange): string[] {
  const words: string[][] = [];
  let word: string[] | undefined;
  for (const character of text) {
    if (isSpace(character)) word = undefined;
    else if (word) word.push(character);
    else {
      word = [character];
      words.push(word);
    }
  }
  return words.flatMap((characters) => {
    const padded = [" ", ...characters, " "];
    return padded.length < range[0] ? [padded.join("")] : ngrams(padded, range);
  });
}
