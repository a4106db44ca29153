import { concat, input, type NamedValue, reshape, split, type Value } from '../graph/index.ts';
import { slotName } from '../train/optimizers/optimizer.ts';

/** A tensor of the state inside the training loop: one of the file's, or several of them end to end. */
export interface JoinedTensor {
  /** What the file calls its parts, in order. */
  readonly names: readonly string[];
  readonly formal: Value;
}

/**
 * Parameters that are trained as one tensor: an optimizer goes over it in as many passes (AdamW in thirteen), however many they are.
 * Smaller ones are laid end to end, because a pass over a small tensor costs more to start than to make, and no runtime shares it
 * between threads.
 */
export interface JoinedParameters {
  readonly members: readonly NamedValue[];
  /** A parameter on its own is itself. */
  readonly parameter: JoinedTensor;
  /** What the optimizer keeps of it. */
  readonly slots: readonly (JoinedTensor & { readonly slot: string })[];
  readonly decays: boolean;
}

/**
 * The most elements of a tensor that several parameters share: from about 100,000 on ONNX Runtime shares an elementwise pass between
 * two threads, and while the five tensors of a step of AdamW fit in a core's cache, a pass is three times quicker than beyond it.
 */
const mostJoined = 2 ** 17;

/** A Split into more parts than this, and the tensor itself, may be more buffers than a WebGPU shader can have (8 everywhere). */
const mostMembers = 7;

/** What an optimizer says of the parameters it trains. */
export interface JoinOptions {
  readonly joinable: boolean;
  readonly slots: readonly string[];
  readonly decays: (parameter: Value) => boolean;
}

/** Sorts parameters into those that stay on their own and those that are joined; what decays is joined with what decays. */
export function joinParameters(
  parameters: readonly NamedValue[],
  { joinable, slots, decays }: JoinOptions,
): readonly JoinedParameters[] {
  const groups: NamedValue[][] = [];
  const open = new Map<boolean, { members: NamedValue[]; size: number }>();
  for (const named of parameters) {
    const decaying = decays(named.value);
    const size = sizeOf(named.value);
    const last = open.get(decaying);
    if (last !== undefined && last.members.length < mostMembers && last.size + size <= mostJoined) {
      last.members.push(named);
      last.size += size;
    } else {
      const members = [named];
      groups.push(members);
      if (joinable && size < mostJoined) open.set(decaying, { members, size });
    }
  }
  return groups.map((members) => joinedOf(members, slots, decays));
}

function joinedOf(
  members: readonly NamedValue[],
  slots: readonly string[],
  decays: JoinOptions['decays'],
): JoinedParameters {
  const [first] = members;
  if (first === undefined) throw new TypeError('there is nothing to join');
  const { type } = first.value;
  const shape = members.length === 1 ? first.value.shape : [members.reduce((sum, { value }) => sum + sizeOf(value), 0)];
  const tensor = (named: (name: string) => string): JoinedTensor => {
    const names = members.map(({ name }) => named(name));
    return { names, formal: input(names.join(' + '), type, shape) };
  };
  const parameter = tensor((name) => name);
  return {
    members,
    parameter: members.length === 1 ? { ...parameter, formal: first.value } : parameter,
    slots: slots.map((slot) => ({ slot, ...tensor((name) => slotName(name, slot)) })),
    decays: decays(first.value),
  };
}

/** Tensors in the shapes of the members as the one tensor. */
export function joined({ members }: JoinedParameters, tensorOf: (member: NamedValue, place: number) => Value): Value {
  const values = members.map(tensorOf);
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  return concat(
    values.map((value) => reshape(value, [-1])),
    { axis: 0 },
  );
}

/** The one tensor as tensors in the shapes of the members. */
export function parted({ members }: JoinedParameters, whole: Value): readonly Value[] {
  if (members.length === 1) return [whole];
  const parts = split(
    whole,
    members.map(({ value }) => sizeOf(value)),
    { axis: 0 },
  );
  return parts.map((part, index) => reshape(part, members[index]?.value.shape ?? []));
}

function sizeOf({ shape }: Value): number {
  return shape.reduce<number>((size, length) => size * Number(length), 1);
}
