import { type Dimension, formatShape, type Shape } from './dimensions.ts';
import { captureLocation, type Location } from './location.ts';
import type { ElementType, TensorData } from './types.ts';

/** Where a value comes from. Everything but a node's output is a leaf. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }
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

/** How an attribute is written. A `type` is given by its name, such as `float32`, and written as ONNX's number. */
export type AttributeKind = 'int' | 'ints' | 'float' | 'string' | 'strings' | 'type';

/** An attribute whose place in files depends on the version of the operator's domain that a file is written for. */
export interface AttributeForm {
  readonly kind: AttributeKind;
  /** The version from which on there is the attribute; that of the operator unless told. */
  readonly since?: number;
  /** The version from which on it is the operator's last input instead, an int64 vector; never unless told. */
  readonly inputSince?: number;
}

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

/**
 * One operator, whole: what it is called, which attributes it takes, how its outputs are inferred and what its gradient is.
 * See `defineOperator`.
 */
export interface Operator {
  /** ONNX's name, such as `MatMul`. */
  readonly name: string;
  /** '' is the standard's own domain. */
  readonly domain?: string;
  /** The version of the domain (the standard's opset) whose definition this is; a file may not be written for an older one. */
  readonly since: number;
  readonly attributes?: Readonly<Record<string, AttributeKind | AttributeForm>>;
  /** How many of its outputs must be there; those after them are left out where nobody uses them. All unless told. */
  readonly requiredOutputs?: number;
  /** The shape rule. Throws an Error with a plain reason where the inputs don't fit. */
  readonly infer: (call: OperatorCall) => readonly OutputType[];
  /** The gradient rule; an operator without one can't be differentiated through. */
  readonly gradient?: GradientRule | undefined;
}

/**
 * The loss's gradient by each input, of the input's type and shape; undefined where there is none or nobody needs it. Rules only call
 * operators that have rules, so gradients have gradients. Throws an Error with a plain reason where this call has no gradient.
 */
export type GradientRule = (call: GradientCall) => readonly (Value | undefined)[];

/** What a gradient rule is given: a call of its operator, and the loss's gradient by each output. */
export interface GradientCall {
  readonly node: Node;
  /** Undefined where the loss does not depend on the output. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** Whether anybody needs the gradient by this input. */
  readonly wanted: (index: number) => boolean;
  /** An input, which must be there. */
  readonly input: (index: number) => Value;
  /** An output; the first unless told. */
  readonly output: (index?: number) => Value;
  /** The gradient by an output, which must be there; by the first unless told. */
  readonly outputGradient: (index?: number) => Value;
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
