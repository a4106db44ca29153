/** The names of the modules we are inside of, outermost first. Definitions are synchronous, so one stack is enough. */
const stack: string[] = [];

/**
 * Runs `define` inside a named module: the parameters it makes are called `name.…`, its nodes `/name/…`.
 * A dotted name opens as many modules as it has parts.
 */
export function scope<Result>(name: string, define: () => Result): Result {
  stack.push(name);
  try {
    return define();
  } finally {
    stack.pop();
  }
}

/** A layer inside a named module; its arguments are made outside of it. `scoped('attn', selfAttention, layerNorm('ln_1', x))` */
export function scoped<Arguments extends readonly unknown[], Result>(
  name: string,
  layer: (...args: Arguments) => Result,
  ...args: Arguments
): Result {
  return scope(name, () => layer(...args));
}

/** A name inside the present scope, joined with dots as PyTorch names parameters. */
export function scopedName(name: string): string {
  return [...stack, name].join('.');
}

/** The present scope as a path (`/transformer/h.0/attn`), '' at the top. */
export function scopePath(): string {
  return stack.map((name) => `/${name}`).join('');
}

/** Runs a definition as if it stood in another place, given by its path. */
export function inScope<Result>(path: string, define: () => Result): Result {
  const [name, ...rest] = path.split('/').filter((part) => part !== '');
  return name === undefined ? define() : scope(name, () => inScope(rest.map((part) => `/${part}`).join(''), define));
}
