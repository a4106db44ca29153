import { UserError } from '../errors.ts';

/** The inputs of an operator don't fit together, or an attribute is out of its range. */
export class GraphError extends UserError {
  override readonly name: string = 'GraphError';
}
