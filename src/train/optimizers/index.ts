import { UserError } from '../../errors.ts';
import { suggestion } from '../../settings/names.ts';
import { adamw } from './adamw.ts';
import { lion } from './lion.ts';
import { definedOptimizers, type Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

/** They are named here so that whoever bundles the lookup bundles them. */
const builtIn: readonly Optimizer[] = [adamw, sgd, lion];

/** Every optimizer there is: the built-in ones, and those that `defineOptimizer` has added. */
export function optimizers(): readonly Optimizer[] {
  return [...new Set([...builtIn, ...definedOptimizers()])];
}

/** The optimizer of a name. @throws UserError where there is none */
export function optimizerNamed(name: string): Optimizer {
  const known = optimizers();
  const found = known.find((optimizer) => optimizer.name === name);
  if (found !== undefined) return found;
  const names = known.map((optimizer) => optimizer.name);
  throw new UserError(
    `There is no optimizer "${name}".${suggestion(name, names)} One of your own is known once its module is loaded.`,
    { exitCode: 2 },
  );
}
