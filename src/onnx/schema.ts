import type { Message, MessageName, Messages } from './protos.ts';

/**
 * How a single value is laid out. The names are protobuf's, with one more: `size` is an `int64` that must be a safe integer
 * (dimensions, versions), so that its readers get a plain number.
 */
export type ScalarType = 'float' | 'double' | 'int32' | 'int64' | 'uint64' | 'size' | 'string' | 'bytes' | EnumType;

/** The two enumerations that are the type of a field; on the wire they are int32. */
export type EnumType = 'AttributeProto.AttributeType' | 'TensorProto.DataLocation';

/** A field of a message: its number in the file, its type, and how often it occurs. */
export interface Field {
  readonly number: number;
  readonly type: ScalarType | MessageName;
  readonly label: 'optional' | 'repeated' | 'packed';
  /** The oneof it belongs to: of those fields at most one is there. */
  readonly oneof?: string;
}

/** The fields of a message by their names in camelCase. */
export type Fields<Shape> = { readonly [Name in Exclude<keyof Shape, keyof Message>]-?: Field };

type Types = ScalarType | MessageName;
const one = (number: number, type: Types): Field => ({ number, type, label: 'optional' });
const many = (number: number, type: Types): Field => ({ number, type, label: 'repeated' });
const packed = (number: number, type: Types): Field => ({ number, type, label: 'packed' });
const choice = (number: number, type: Types, oneof: string): Field => ({ number, type, label: 'optional', oneof });

/**
 * The ONNX file format as of IR 13: every message and field by the standard's numbers (onnx.proto).
 * `packed` fields are written as one run of values, as the standard asks for a tensor's data; other repeated numbers one by one.
 */
export const schema: { readonly [Name in MessageName]: Fields<Messages[Name]> } = {
  ModelProto: {
    irVersion: one(1, 'size'),
    producerName: one(2, 'string'),
    producerVersion: one(3, 'string'),
    domain: one(4, 'string'),
    modelVersion: one(5, 'int64'),
    docString: one(6, 'string'),
    graph: one(7, 'GraphProto'),
    opsetImport: many(8, 'OperatorSetIdProto'),
    metadataProps: many(14, 'StringStringEntryProto'),
    trainingInfo: many(20, 'TrainingInfoProto'),
    functions: many(25, 'FunctionProto'),
    configuration: many(26, 'DeviceConfigurationProto'),
  },
  GraphProto: {
    node: many(1, 'NodeProto'),
    name: one(2, 'string'),
    initializer: many(5, 'TensorProto'),
    docString: one(10, 'string'),
    input: many(11, 'ValueInfoProto'),
    output: many(12, 'ValueInfoProto'),
    valueInfo: many(13, 'ValueInfoProto'),
    quantizationAnnotation: many(14, 'TensorAnnotation'),
    sparseInitializer: many(15, 'SparseTensorProto'),
    metadataProps: many(16, 'StringStringEntryProto'),
  },
  NodeProto: {
    input: many(1, 'string'),
    output: many(2, 'string'),
    name: one(3, 'string'),
    opType: one(4, 'string'),
    attribute: many(5, 'AttributeProto'),
    docString: one(6, 'string'),
    domain: one(7, 'string'),
    overload: one(8, 'string'),
    metadataProps: many(9, 'StringStringEntryProto'),
    deviceConfigurations: many(10, 'NodeDeviceConfigurationProto'),
  },
  AttributeProto: {
    name: one(1, 'string'),
    f: one(2, 'float'),
    i: one(3, 'int64'),
    s: one(4, 'bytes'),
    t: one(5, 'TensorProto'),
    g: one(6, 'GraphProto'),
    floats: many(7, 'float'),
    ints: many(8, 'int64'),
    strings: many(9, 'bytes'),
    tensors: many(10, 'TensorProto'),
    graphs: many(11, 'GraphProto'),
    docString: one(13, 'string'),
    tp: one(14, 'TypeProto'),
    typeProtos: many(15, 'TypeProto'),
    type: one(20, 'AttributeProto.AttributeType'),
    refAttrName: one(21, 'string'),
    sparseTensor: one(22, 'SparseTensorProto'),
    sparseTensors: many(23, 'SparseTensorProto'),
  },
  TensorProto: {
    dims: many(1, 'size'),
    dataType: one(2, 'int32'),
    segment: one(3, 'TensorProto.Segment'),
    floatData: packed(4, 'float'),
    int32Data: packed(5, 'int32'),
    stringData: many(6, 'bytes'),
    int64Data: packed(7, 'int64'),
    name: one(8, 'string'),
    rawData: one(9, 'bytes'),
    doubleData: packed(10, 'double'),
    uint64Data: packed(11, 'uint64'),
    docString: one(12, 'string'),
    externalData: many(13, 'StringStringEntryProto'),
    dataLocation: one(14, 'TensorProto.DataLocation'),
    metadataProps: many(16, 'StringStringEntryProto'),
  },
  'TensorProto.Segment': {
    begin: one(1, 'int64'),
    end: one(2, 'int64'),
  },
  SparseTensorProto: {
    values: one(1, 'TensorProto'),
    indices: one(2, 'TensorProto'),
    dims: many(3, 'size'),
  },
  ValueInfoProto: {
    name: one(1, 'string'),
    type: one(2, 'TypeProto'),
    docString: one(3, 'string'),
    metadataProps: many(4, 'StringStringEntryProto'),
  },
  TypeProto: {
    tensorType: choice(1, 'TypeProto.Tensor', 'value'),
    sequenceType: choice(4, 'TypeProto.Sequence', 'value'),
    mapType: choice(5, 'TypeProto.Map', 'value'),
    denotation: one(6, 'string'),
    opaqueType: choice(7, 'TypeProto.Opaque', 'value'),
    sparseTensorType: choice(8, 'TypeProto.SparseTensor', 'value'),
    optionalType: choice(9, 'TypeProto.Optional', 'value'),
  },
  'TypeProto.Tensor': {
    elemType: one(1, 'int32'),
    shape: one(2, 'TensorShapeProto'),
  },
  'TypeProto.Sequence': {
    elemType: one(1, 'TypeProto'),
  },
  'TypeProto.Map': {
    keyType: one(1, 'int32'),
    valueType: one(2, 'TypeProto'),
  },
  'TypeProto.Optional': {
    elemType: one(1, 'TypeProto'),
  },
  'TypeProto.SparseTensor': {
    elemType: one(1, 'int32'),
    shape: one(2, 'TensorShapeProto'),
  },
  'TypeProto.Opaque': {
    domain: one(1, 'string'),
    name: one(2, 'string'),
  },
  TensorShapeProto: {
    dim: many(1, 'TensorShapeProto.Dimension'),
  },
  'TensorShapeProto.Dimension': {
    dimValue: choice(1, 'size', 'value'),
    dimParam: choice(2, 'string', 'value'),
    denotation: one(3, 'string'),
  },
  OperatorSetIdProto: {
    domain: one(1, 'string'),
    version: one(2, 'size'),
  },
  StringStringEntryProto: {
    key: one(1, 'string'),
    value: one(2, 'string'),
  },
  TensorAnnotation: {
    tensorName: one(1, 'string'),
    quantParameterTensorNames: many(2, 'StringStringEntryProto'),
  },
  FunctionProto: {
    name: one(1, 'string'),
    input: many(4, 'string'),
    output: many(5, 'string'),
    attribute: many(6, 'string'),
    node: many(7, 'NodeProto'),
    docString: one(8, 'string'),
    opsetImport: many(9, 'OperatorSetIdProto'),
    domain: one(10, 'string'),
    attributeProto: many(11, 'AttributeProto'),
    valueInfo: many(12, 'ValueInfoProto'),
    overload: one(13, 'string'),
    metadataProps: many(14, 'StringStringEntryProto'),
  },
  TrainingInfoProto: {
    initialization: one(1, 'GraphProto'),
    algorithm: one(2, 'GraphProto'),
    initializationBinding: many(3, 'StringStringEntryProto'),
    updateBinding: many(4, 'StringStringEntryProto'),
  },
  DeviceConfigurationProto: {
    name: one(1, 'string'),
    numDevices: one(2, 'int32'),
    device: many(3, 'string'),
  },
  NodeDeviceConfigurationProto: {
    configurationId: one(1, 'string'),
    shardingSpec: many(2, 'ShardingSpecProto'),
    pipelineStage: one(3, 'int32'),
  },
  ShardingSpecProto: {
    tensorName: one(1, 'string'),
    device: many(2, 'size'),
    indexToDeviceGroupMap: many(3, 'IntIntListEntryProto'),
    shardedDim: many(4, 'ShardedDimProto'),
  },
  ShardedDimProto: {
    axis: one(1, 'size'),
    simpleSharding: many(2, 'SimpleShardedDimProto'),
  },
  SimpleShardedDimProto: {
    dimValue: choice(1, 'size', 'dim'),
    dimParam: choice(2, 'string', 'dim'),
    numShards: one(3, 'size'),
  },
  IntIntListEntryProto: {
    key: one(1, 'size'),
    value: many(2, 'size'),
  },
};
