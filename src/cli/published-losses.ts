/** The text that the published losses are of: 1,115,394 characters of 65 kinds. */
export const tinyshakespeareSha256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';

/** A validation loss that was published for tinyshakespeare, in nats: one number, or from one to another. */
export interface PublishedLoss {
  readonly from: number;
  readonly to: number;
}

const at = (loss: number): PublishedLoss => ({ from: loss, to: loss });

/** What the lecture, and those who replayed it, came to at each stage. */
export const publishedLosses: Readonly<Record<string, PublishedLoss>> = {
  bigram: at(2.49),
  head: { from: 2.4, to: 2.5 },
  'multi-head': at(2.28),
  'feed-forward': at(2.24),
  residual: at(2.08),
  'layer-norm': at(2.06),
  gpt: at(1.48),
};

/** How far a loss lies from what was published: 0 within it, below it negative. */
export function distanceFromPublished(loss: number, { from, to }: PublishedLoss): number {
  if (loss < from) return loss - from;
  return loss > to ? loss - to : 0;
}

/** `2.28`, or `2.40–2.50`. */
export function formatPublished({ from, to }: PublishedLoss): string {
  return from === to ? from.toFixed(2) : `${from.toFixed(2)}–${to.toFixed(2)}`;
}
