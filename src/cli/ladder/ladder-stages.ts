/** The stages of the lecture that a CPU trains in a minute; the last one, gpt, needs a GPU. */
export const ladderStages = ['bigram', 'head', 'multi-head', 'feed-forward', 'residual', 'layer-norm'] as const;

/** All stages of the lecture, in its order. */
export const allStages: readonly string[] = ['bigram', 'average', ...ladderStages.slice(1), 'gpt'];
