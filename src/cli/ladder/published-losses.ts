/** The hash of the text of the published losses, tinyshakespeare: 1,115,394 characters, 65 different ones. */
export const tinyshakespeareSha256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';

/** A published validation loss on tinyshakespeare, in nats: one number (`from` equals `to`) or a range. */
export interface PublishedLoss {
  readonly from: number;
  readonly to: number;
}

const at = (loss: number): PublishedLoss => ({ from: loss, to: loss });

/** The losses of each stage in the lecture and in reproductions of it. */
export const publishedLosses: Readonly<Record<string, PublishedLoss>> = {
  bigram: at(2.49),
  head: { from: 2.4, to: 2.5 },
  'multi-head': at(2.28),
  'feed-forward': at(2.24),
  residual: at(2.08),
  'layer-norm': at(2.06),
  gpt: at(1.48),
};

/** The distance of a loss from a published one: 0 inside of its range, negative below it. */
export function distanceFromPublished(loss: number, { from, to }: PublishedLoss): number {
  if (loss < from) return loss - from;
  return loss > to ? loss - to : 0;
}

/** `2.28`, or `2.40–2.50`. */
export function formatPublished({ from, to }: PublishedLoss): string {
  return from === to ? from.toFixed(2) : `${from.toFixed(2)}–${to.toFixed(2)}`;
}
