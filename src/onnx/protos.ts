/**
 * The messages of an ONNX file as plain objects, field for field as the standard (onnx.proto, IR 13) has them, in camelCase.
 *
 * One rule holds for all of them: a field that is not in the file is absent from the object, and the other way round.
 * That goes for repeated fields too: `node` is absent when a graph has no node.
 */

/**
 * A 64-bit integer: a number where that is exact (±(2^53 − 1)), a bigint beyond.
 * Writing refuses a number that is not a safe integer, so no value changes on its way through a file.
 */
export type Int64 = number | bigint;

/** What every message can carry: fields newer than this description, kept as they were so that writing loses nothing. */
export interface Message {
  /** Each entry is one whole field (tag and content) as it stood in the file; written after the known fields. */
  readonly unknownFields?: readonly Uint8Array[];
}

/** A whole ONNX file. */
export interface ModelProto extends Message {
  /** Version of the file format (IR), 13 at most for this description. */
  readonly irVersion: number;
  /** Operator sets the model is written in, one per domain. */
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly producerName?: string;
  readonly producerVersion?: string;
  /** Namespace of the model, a reversed domain name. */
  readonly domain?: string;
  readonly modelVersion?: Int64;
  readonly docString?: string;
  /** What is evaluated when the model runs. */
  readonly graph: GraphProto;
  readonly metadataProps?: readonly StringStringEntryProto[];
  readonly trainingInfo?: readonly TrainingInfoProto[];
  readonly functions?: readonly FunctionProto[];
  readonly configuration?: readonly DeviceConfigurationProto[];
}

/** A list of nodes with the values that go in and out. */
export interface GraphProto extends Message {
  /** In topological order. */
  readonly node?: readonly NodeProto[];
  readonly name?: string;
  /** Constants with a name: weights. */
  readonly initializer?: readonly TensorProto[];
  readonly sparseInitializer?: readonly SparseTensorProto[];
  readonly docString?: string;
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  /** Types of the values in between. */
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly quantizationAnnotation?: readonly TensorAnnotation[];
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** One application of an operator or of a model-local function. */
export interface NodeProto extends Message {
  /** Names of the values read; an empty name stands for an optional input left out. */
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  /** Operator set the operator belongs to; absent or empty for ONNX's own. */
  readonly domain?: string;
  /** Which of several functions of one name is meant. */
  readonly overload?: string;
  readonly attribute?: readonly AttributeProto[];
  readonly docString?: string;
  readonly metadataProps?: readonly StringStringEntryProto[];
  readonly deviceConfigurations?: readonly NodeDeviceConfigurationProto[];
}

/** A named constant of a node; `type` (see `AttributeType`) says which one of the value fields holds. */
export interface AttributeProto extends Message {
  readonly name?: string;
  /** Inside a function: the attribute of the function whose value is taken. */
  readonly refAttrName?: string;
  readonly docString?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: Int64;
  /** UTF-8. */
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly tp?: TypeProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly sparseTensors?: readonly SparseTensorProto[];
  readonly typeProtos?: readonly TypeProto[];
}

/** Constant data: in `rawData` (little-endian), in the list that fits its type, or in another file. */
export interface TensorProto extends Message {
  /** Absent for a scalar. */
  readonly dims?: readonly number[];
  /** Number of the element type, see `DataType`. */
  readonly dataType?: number;
  readonly segment?: TensorProtoSegment;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly Int64[];
  readonly name?: string;
  readonly docString?: string;
  /** Of any alignment: a decoded tensor's bytes are a view into the file. */
  readonly rawData?: Uint8Array;
  /** Keys location, offset, length, checksum. */
  readonly externalData?: readonly StringStringEntryProto[];
  /** See `DataLocation`. */
  readonly dataLocation?: number;
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Int64[];
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** Which part of a tensor that is stored in pieces this one holds. */
export interface TensorProtoSegment extends Message {
  readonly begin?: Int64;
  readonly end?: Int64;
}

/** A tensor given by its values other than zero and their places. */
export interface SparseTensorProto extends Message {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims?: readonly number[];
}

/** Name and type of a value. */
export interface ValueInfoProto extends Message {
  readonly name?: string;
  readonly type?: TypeProto;
  readonly docString?: string;
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** A type: one of its six kinds. */
export interface TypeProto extends Message {
  readonly tensorType?: TypeProtoTensor;
  readonly sequenceType?: TypeProtoSequence;
  readonly mapType?: TypeProtoMap;
  readonly optionalType?: TypeProtoOptional;
  readonly sparseTensorType?: TypeProtoSparseTensor;
  readonly opaqueType?: TypeProtoOpaque;
  readonly denotation?: string;
}

/** A dense tensor; without `shape` not even its rank is known. */
export interface TypeProtoTensor extends Message {
  readonly elemType?: number;
  readonly shape?: TensorShapeProto;
}

/** A list of values of one type. */
export interface TypeProtoSequence extends Message {
  readonly elemType?: TypeProto;
}

/** A map from integers or strings. */
export interface TypeProtoMap extends Message {
  readonly keyType?: number;
  readonly valueType?: TypeProto;
}

/** A value that may be missing. */
export interface TypeProtoOptional extends Message {
  readonly elemType?: TypeProto;
}

/** A sparse tensor. */
export interface TypeProtoSparseTensor extends Message {
  readonly elemType?: number;
  readonly shape?: TensorShapeProto;
}

/** A type known to its own domain only. */
export interface TypeProtoOpaque extends Message {
  readonly domain?: string;
  readonly name?: string;
}

/** A shape; absent `dim` means rank 0. */
export interface TensorShapeProto extends Message {
  readonly dim?: readonly TensorShapeProtoDimension[];
}

/** A size, a symbol, or neither: unknown. */
export interface TensorShapeProtoDimension extends Message {
  readonly dimValue?: number;
  readonly dimParam?: string;
  readonly denotation?: string;
}

/** An operator set and its version. */
export interface OperatorSetIdProto extends Message {
  /** Absent or empty for ONNX's own. */
  readonly domain?: string;
  readonly version?: number;
}

/** An entry of a string map. */
export interface StringStringEntryProto extends Message {
  readonly key?: string;
  readonly value?: string;
}

/** How a tensor is quantized. */
export interface TensorAnnotation extends Message {
  readonly tensorName?: string;
  readonly quantParameterTensorNames?: readonly StringStringEntryProto[];
}

/** A function of the model, called by nodes of its name and domain. */
export interface FunctionProto extends Message {
  readonly name?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  /** Names of attributes without a default. */
  readonly attribute?: readonly string[];
  /** Attributes with their defaults. */
  readonly attributeProto?: readonly AttributeProto[];
  readonly node?: readonly NodeProto[];
  readonly docString?: string;
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly domain?: string;
  readonly overload?: string;
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** How a model is initialised and trained; runtimes for inference pass over it. */
export interface TrainingInfoProto extends Message {
  readonly initialization?: GraphProto;
  /** One step; it may read the values of the model's graph. */
  readonly algorithm?: GraphProto;
  readonly initializationBinding?: readonly StringStringEntryProto[];
  /** From an initializer to the output of `algorithm` that it takes after the step. */
  readonly updateBinding?: readonly StringStringEntryProto[];
}

/** A named set of devices to run on. */
export interface DeviceConfigurationProto extends Message {
  readonly name?: string;
  readonly numDevices?: number;
  readonly device?: readonly string[];
}

/** How a node is spread over the devices of a configuration. */
export interface NodeDeviceConfigurationProto extends Message {
  readonly configurationId?: string;
  readonly shardingSpec?: readonly ShardingSpecProto[];
  readonly pipelineStage?: number;
}

/** How a tensor is split. */
export interface ShardingSpecProto extends Message {
  readonly tensorName?: string;
  readonly device?: readonly number[];
  readonly indexToDeviceGroupMap?: readonly IntIntListEntryProto[];
  readonly shardedDim?: readonly ShardedDimProto[];
}

/** How one axis is split. */
export interface ShardedDimProto extends Message {
  readonly axis?: number;
  readonly simpleSharding?: readonly SimpleShardedDimProto[];
}

/** A size or a symbol, split evenly. */
export interface SimpleShardedDimProto extends Message {
  readonly dimValue?: number;
  readonly dimParam?: string;
  readonly numShards?: number;
}

/** An entry of a map from integers to lists of them. */
export interface IntIntListEntryProto extends Message {
  readonly key?: number;
  readonly value?: readonly number[];
}

/** Every message by the standard's name for it. */
export interface Messages {
  readonly ModelProto: ModelProto;
  readonly GraphProto: GraphProto;
  readonly NodeProto: NodeProto;
  readonly AttributeProto: AttributeProto;
  readonly TensorProto: TensorProto;
  readonly 'TensorProto.Segment': TensorProtoSegment;
  readonly SparseTensorProto: SparseTensorProto;
  readonly ValueInfoProto: ValueInfoProto;
  readonly TypeProto: TypeProto;
  readonly 'TypeProto.Tensor': TypeProtoTensor;
  readonly 'TypeProto.Sequence': TypeProtoSequence;
  readonly 'TypeProto.Map': TypeProtoMap;
  readonly 'TypeProto.Optional': TypeProtoOptional;
  readonly 'TypeProto.SparseTensor': TypeProtoSparseTensor;
  readonly 'TypeProto.Opaque': TypeProtoOpaque;
  readonly TensorShapeProto: TensorShapeProto;
  readonly 'TensorShapeProto.Dimension': TensorShapeProtoDimension;
  readonly OperatorSetIdProto: OperatorSetIdProto;
  readonly StringStringEntryProto: StringStringEntryProto;
  readonly TensorAnnotation: TensorAnnotation;
  readonly FunctionProto: FunctionProto;
  readonly TrainingInfoProto: TrainingInfoProto;
  readonly DeviceConfigurationProto: DeviceConfigurationProto;
  readonly NodeDeviceConfigurationProto: NodeDeviceConfigurationProto;
  readonly ShardingSpecProto: ShardingSpecProto;
  readonly ShardedDimProto: ShardedDimProto;
  readonly SimpleShardedDimProto: SimpleShardedDimProto;
  readonly IntIntListEntryProto: IntIntListEntryProto;
}

/** A message's name in the standard. */
export type MessageName = keyof Messages;
