/** The candidate that differs from the word by at most two typing mistakes, or null. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const ranked = candidates.map((candidate) => ({ candidate, mistakes: editDistance(word, candidate) }));
  ranked.sort((a, b) => a.mistakes - b.mistakes);
  const best = ranked[0];
  return best && best.mistakes <= 2 ? best.candidate : null;
}

/** Levenshtein's distance: how many letters must be added, dropped or changed. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of Array.from(a).entries()) {
    const row = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const changed = (previous[j] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(changed, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
