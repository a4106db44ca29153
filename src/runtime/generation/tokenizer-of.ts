import type { Tokenizer } from '../../text/tokenizer.ts';
import { tokenizerFromMetadata } from '../../text/tokenizer-metadata.ts';
import type { ProgramDescription } from '../session.ts';

/**
 * The tokenizer that an opened model's file says.
 * @returns undefined where it says none, or one of a kind that is not known here (see `defineTokenizer`)
 * @throws UserError when what it says is damaged
 */
export function tokenizerOf({
  program,
}: {
  readonly program: Pick<ProgramDescription, 'metadata'>;
}): Tokenizer | undefined {
  return tokenizerFromMetadata(program.metadata, 'The model');
}
