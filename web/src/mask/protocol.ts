/** The graphs that are run with nothing but what was typed; `affinities` is the model. */
export type StageName = 'zeros' | 'triangle' | 'mask' | 'softmax' | 'meanByMatMul' | 'meanBySoftmax';

export type GraphName = StageName | 'affinities';

/** A value of a graph, by its name in the file. */
export interface ShownValue {
  /** A name that is short enough to read: without the scope that all nodes shown share. */
  readonly text: string;
  /** The name as it stands in the file; absent for a constant, whose numbers are the text. */
  readonly name?: string;
}

/** A node of a graph, read from the file that is run. */
export interface ShownNode {
  readonly operator: string;
  /** `axis = −1` */
  readonly attributes: readonly string[];
  readonly inputs: readonly ShownValue[];
  readonly outputs: readonly ShownValue[];
}

/** A graph as the page tells of it. */
export interface ShownGraph {
  /** What is fed: `affinities [time, time]`. */
  readonly inputs: readonly string[];
  readonly nodes: readonly ShownNode[];
}

export type ShownStages = Readonly<Record<StageName, ShownGraph>>;

/** Matrices are row-major, a row for each character that looks; T × T unless said otherwise. */
export interface Averages {
  /** T of them. */
  readonly characters: readonly string[];
  readonly zeros: Float32Array;
  readonly triangle: Float32Array;
  readonly masked: Float32Array;
  readonly weights: Float32Array;
  /** How far the sum of a row of `weights` is from 1, at most. */
  readonly distanceFromOne: number;
  readonly mean: Means;
}

/** The mean of each character's past, in the two forms. */
export interface Means {
  /** The different characters of the text, C of them. */
  readonly letters: readonly string[];
  /** T × C: a one in the column of the row's own character. */
  readonly values: Float32Array;
  readonly byMatMul: Mean;
  readonly bySoftmax: Mean;
  /** The largest difference between the two forms' weights, and their means. */
  readonly difference: number;
}

export interface Mean {
  readonly weights: Float32Array;
  /** T × C */
  readonly means: Float32Array;
}

/** Which head of the model is looked at, both counted from 0. */
export interface HeadChoice {
  readonly layer: number;
  readonly head: number;
}

export interface AffinitiesModel {
  readonly name: string;
  readonly layers: number;
  readonly heads: number;
  /** How wide a head's queries and keys are. */
  readonly headSize: number;
}

/** What a head of the model thinks of a text. Matrices as in `Averages`. */
export interface Affinities extends HeadChoice {
  readonly model: AffinitiesModel;
  readonly characters: readonly string[];
  /** The nodes of the model's graph that make the scores of this layer. */
  readonly graph: ShownGraph;
  readonly scores: Float32Array;
  readonly masked: Float32Array;
  readonly weights: Float32Array;
  /** The largest difference between `weights`, made by the stage's graph, and what the model itself attends with. */
  readonly difference: number;
}

/** A graph to keep. */
export interface GraphFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
