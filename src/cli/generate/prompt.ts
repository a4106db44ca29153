import { fstatSync } from 'node:fs';
import { decodeUtf8 } from '../../text/utf8.ts';

/**
 * The prompt of `generate`: the text of the option, or standard input, if the option is `-` or if it is not given and something is piped in.
 * Nothing is added or trimmed: a prompt that ends in a line feed keeps it.
 * @returns undefined when there is no prompt anywhere
 * @throws UserError when standard input was asked for and is empty or not UTF-8
 */
export async function readPrompt(option: string | undefined): Promise<string | undefined> {
  if (option !== undefined && option !== '-') return option;
  if (option === undefined && !isPiped()) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0 && option === undefined) return undefined;
  return decodeUtf8(bytes, 'The prompt from standard input');
}

/** Whether standard input is a pipe or a file. It may also be a terminal, or /dev/null or closed, as in a service. */
function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    return false;
  }
}
