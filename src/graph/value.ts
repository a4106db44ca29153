import { type Dimension, formatShape, type Shape } from './dimensions.ts';
import { captureLocation, type Location } from './location.ts';
import type { ElementType, TensorData } from './types.ts';

/** How a parameter's first values are drawn; the host fills it from a seed and the parameter's name. */
export type Initializer =
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** Where a value comes from. Everything but a node's output is a leaf. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly initializer: Initializer }
  | { readonly kind: 'constant'; readonly data: TensorData; readonly name?: string }
  | { readonly kind: 'node'; readonly node: Node; readonly index: number };

/**
 * What an operator call returns: a tensor to be, with its element type and shape known, and the place where it was made.
 * A graph is what can be reached from values.
 */
export class Value {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly source: Source;
  readonly location: Location;

  constructor(type: ElementType, shape: Shape, source: Source) {
    this.type = type;
    this.shape = shape;
    this.source = source;
    this.location = captureLocation();
  }

  get rank(): number {
    return this.shape.length;
  }

  /** How the value reads in a message: `float32 (batch, time, 32)`. */
  toString(): string {
    return `${this.type} ${formatShape(this.shape)}`;
  }
}

export type AttributeKind = 'int' | 'ints' | 'float' | 'string' | 'strings';
export type AttributeValue = number | string | readonly number[] | readonly string[] | readonly Dimension[];
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** What a call of an operator yields, one entry an output. */
export interface OutputType {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/**
 * The arguments a rule sees: inputs in ONNX's order (an optional input left out is undefined), attributes by ONNX's names.
 * An attribute that the operator does not declare is a hint for its rule alone and is not written to files.
 */
export interface OperatorCall {
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly bodies: Readonly<Record<string, Body>>;
}

/** One operator of the standard: its name, the attributes it takes, and the rule that infers its outputs. */
export interface Operator {
  /** ONNX's name, such as `MatMul`. */
  readonly name: string;
  /** '' is the standard's own domain. */
  readonly domain?: string;
  /** The opset of the definition we use; a file may not be written for an older one. */
  readonly since: number;
  readonly attributes?: Readonly<Record<string, AttributeKind>>;
  /** How many of its outputs must be there; those after them are left out where nobody uses them. All unless told. */
  readonly requiredOutputs?: number;
  /** Throws an Error with a plain reason where the inputs don't fit. */
  readonly infer: (call: OperatorCall) => readonly OutputType[];
}

/** A graph inside a node (the body of a Scan or Loop): formal inputs, and the values it yields. */
export interface Body {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** One call of an operator. */
export interface Node extends OperatorCall {
  readonly operator: Operator;
  readonly scope: string;
  readonly outputs: readonly Value[];
}
