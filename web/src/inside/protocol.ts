import type { ModelInspection } from '../../../src/onnx.ts';
import type { ProgramName } from '../../../src/parts.ts';
import type { NamedFile } from '../models/model-info.ts';
import type { Family } from './families.ts';

/** What is looked at: a program of a model (its id, or `stage:` and the name of a rung of the ladder), or a file. */
export type GraphSource =
  | { readonly kind: 'program'; readonly model: string; readonly program: ProgramName }
  | { readonly kind: 'files'; readonly files: readonly NamedFile[] };

/** A file that was opened. */
export interface OpenedGraph {
  /** Tells it from what was opened before. */
  readonly key: number;
  readonly fileName: string;
  /** What it is, in a few words: `gpt-nano, forward`. */
  readonly title: string;
  readonly summary: Summary;
  /** The scopes that are open at first. */
  readonly open: readonly number[];
}

/** A file as a whole. */
export interface Summary
  extends Pick<
    ModelInspection,
    'irVersion' | 'producerName' | 'producerVersion' | 'description' | 'graphName' | 'nodes' | 'problems' | 'functions'
  > {
  readonly opsets: readonly NameAndText[];
  readonly inputs: readonly NameAndText[];
  readonly outputs: readonly NameAndText[];
  readonly operators: readonly OperatorShare[];
  readonly metadata: readonly NameAndText[];
  readonly bytes: number;
  readonly parameters: number;
  readonly hasTrainingInfo: boolean;
}

export interface NameAndText {
  readonly name: string;
  readonly text: string;
}

export interface OperatorShare {
  readonly operator: string;
  readonly nodes: number;
}

/** A scope, a node, an input or an output, where it is drawn; those in it follow it. */
export interface SceneItem {
  readonly id: number;
  readonly parent: number;
  /** How deep in the tree: the outermost have 1. */
  readonly level: number;
  /** Which of how many beside it, from 1. */
  readonly position: number;
  readonly siblings: number;
  readonly kind: 'scope' | 'node' | 'input' | 'output';
  readonly title: string;
  readonly notes: readonly string[];
  readonly family?: Family;
  /** Undefined where there is nothing in it. */
  readonly isOpen?: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Values on their way within one scope: between two boxes, or between a box and the scope's edge. */
export interface SceneLine {
  /** The scope it is in. */
  readonly scope: number;
  /** Items; where the line comes in or goes out, the one outside. */
  readonly from: number;
  readonly to: number;
  /** x and y in turn. */
  readonly points: readonly number[];
  /** Whether its end is at what reads the value, not at a scope's edge. */
  readonly arrives: boolean;
  /** Empty where the next piece of the same line tells it. */
  readonly label: string;
  readonly labelX: number;
  readonly labelY: number;
  /** Some of its values, with their types. */
  readonly values: readonly string[];
  readonly count: number;
}

/** The picture: everything that can be seen with some scopes open. */
export interface Scene {
  readonly items: readonly SceneItem[];
  readonly lines: readonly SceneLine[];
  readonly width: number;
  readonly height: number;
  /** How long the layout took. */
  readonly milliseconds: number;
}

/** Something that can be gone to. */
export interface Place {
  readonly item: number;
  readonly label: string;
  /** The scopes to open for it to be seen, the outermost first. */
  readonly path: readonly number[];
}

/** A value that a node reads or makes. */
export interface ValueDetails {
  /** Empty where an optional one was left out. */
  readonly name: string;
  readonly type: string;
  /** Where it comes from, or where it goes. */
  readonly places: readonly Place[];
  /** How many there are in all. */
  readonly count: number;
}

export interface Statistics {
  readonly smallest: number;
  readonly largest: number;
  readonly mean: number;
  /** The root of the mean square distance from the mean. */
  readonly deviation: number;
  /** How many numbers lie in each part of the way from the smallest to the largest. */
  readonly bars: readonly number[];
}

/** A stored tensor. */
export interface TensorDetails {
  readonly name: string;
  readonly type: string;
  readonly elements: number;
  readonly bytes: number;
  /** Its numbers where they are few. */
  readonly content?: string;
  /** Of those that are finite; absent where there are none. */
  readonly statistics?: Statistics;
  readonly notFinite: number;
  /** Why its numbers can't be told. */
  readonly problem?: string;
}

/** What is told of an item. */
export type Details =
  | {
      readonly kind: 'node';
      readonly item: number;
      readonly operator: string;
      readonly domain: string;
      readonly name: string;
      /** What the operator does, in a sentence; absent where it is not known here. */
      readonly meaning?: string;
      readonly inputs: readonly ValueDetails[];
      readonly outputs: readonly ValueDetails[];
      readonly attributes: readonly NameAndText[];
      readonly weights: readonly TensorDetails[];
      readonly nodesInside: number;
    }
  | {
      readonly kind: 'scope';
      readonly item: number;
      readonly name: string;
      readonly title: string;
      readonly nodes: number;
      readonly parameters: number;
      readonly operators: readonly OperatorShare[];
      /** The names of what is in it, where it is a list of inputs or outputs. */
      readonly values: readonly ValueDetails[];
    }
  | {
      readonly kind: 'input' | 'output';
      readonly item: number;
      readonly value: ValueDetails;
    };

/** What was found. */
export interface Found extends Place {
  /** What of it was found. */
  readonly what: 'operator' | 'node' | 'value' | 'weight' | 'scope';
  readonly where: string;
}

export interface SearchResult {
  readonly found: readonly Found[];
  readonly count: number;
}
