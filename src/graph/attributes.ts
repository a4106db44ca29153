import type { AttributeForm, Node, Operator } from './value.ts';

/** The attributes that an operator declares, with how each is written. */
export function attributeForms({
  attributes = {},
}: Operator): readonly (readonly [name: string, form: AttributeForm])[] {
  return Object.entries(attributes).map(([name, form]) => [name, typeof form === 'string' ? { kind: form } : form]);
}

/** The lowest version of its operator's domain for which a node can be written, with the attributes that it has. */
export function lowestVersion({ operator, attributes }: Node): number {
  const needed = attributeForms(operator).map(([name, { since = 0 }]) => (attributes[name] === undefined ? 0 : since));
  return Math.max(operator.since, ...needed);
}
