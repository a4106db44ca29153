import { elementType, type Numbers } from './element-types.ts';
import type { TensorMessage } from './messages.ts';

/** Where a tensor's bytes are, if they are in another file. */
export interface OutsidePlace {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/** The value of a tensor's data location when it is another file. */
const external = 1;

/** How many elements a tensor has. */
export function elementsOf({ dims = [] }: TensorMessage): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** How many bytes its elements take, by its type and shape. */
export function bytesOfTensor(tensor: TensorMessage): number {
  const strings = tensor.stringData?.reduce((sum, { length }) => sum + length, 0);
  return strings ?? Math.ceil((elementsOf(tensor) * (elementType(tensor.dataType)?.bits ?? 0)) / 8);
}

/** The other file that has a tensor's bytes; undefined for a tensor that is in its model. */
export function outsidePlace({ dataLocation, externalData = [] }: TensorMessage): OutsidePlace | undefined {
  if (dataLocation !== external) return undefined;
  const entries = new Map(externalData.map(({ key = '', value = '' }) => [key, value]));
  const length = entries.get('length');
  return {
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

/**
 * A tensor's numbers.
 * @param outside its bytes, where they are in another file
 * @returns a sentence where there are none to be had
 */
export function numbersOf(tensor: TensorMessage, outside?: Uint8Array): Numbers | string {
  const { dataType = 0 } = tensor;
  const type = elementType(dataType);
  if (type === undefined) return `Its element type, number ${dataType}, is not known here.`;
  if (type.numbers === undefined) return `Numbers of the type ${type.name} are not read here.`;
  const elements = elementsOf(tensor);
  const bytes = outside ?? tensor.rawData;
  if (bytes === undefined) return fromField(tensor, type.field, elements);
  const needed = Math.ceil((elements * type.bits) / 8);
  if (!Number.isSafeInteger(needed) || needed < 0 || bytes.length !== needed) {
    return `The file is damaged here: ${needed.toLocaleString('en')} bytes are needed, ${bytes.length.toLocaleString('en')} are there.`;
  }
  return type.numbers(bytes as Uint8Array<ArrayBuffer>, elements);
}

function fromField(tensor: TensorMessage, field: string, elements: number): Numbers | string {
  const { dataType, floatData, doubleData, int32Data, int64Data, uint64Data } = tensor;
  const type = elementType(dataType);
  const lists: Readonly<Record<string, Numbers | undefined>> = {
    floatData,
    doubleData,
    int32Data,
    int64Data,
    uint64Data,
  };
  const list = lists[field] ?? [];
  const bits = type?.bits ?? 0;
  // In such a list an element narrower than 32 bits is given by its bits.
  if (field === 'int32Data' && bits <= 16 && type?.numbers !== undefined) {
    const codes = Array.from(list, Number);
    const bytes = bits === 16 ? new Uint8Array(Uint16Array.from(codes).buffer) : Uint8Array.from(codes);
    if (bytes.length !== Math.ceil((elements * bits) / 8)) return tooFew(elements, list.length);
    return type.numbers(bytes, elements);
  }
  return list.length === elements ? list : tooFew(elements, list.length);
}

function tooFew(needed: number, found: number): string {
  return `The file is damaged here: ${needed.toLocaleString('en')} numbers are needed, ${found.toLocaleString('en')} are there.`;
}

/** A tensor's numbers as text where they are few; undefined where they are more or can't be read. */
export function fewNumbers(tensor: TensorMessage, most: number): string | undefined {
  const { dims = [], stringData } = tensor;
  if (elementsOf(tensor) > most || outsidePlace(tensor) !== undefined) return undefined;
  if (stringData !== undefined) {
    const decoder = new TextDecoder();
    return `[${stringData.map((bytes) => JSON.stringify(decoder.decode(bytes))).join(', ')}]`;
  }
  const numbers = numbersOf(tensor);
  if (typeof numbers === 'string') return undefined;
  const isBool = elementType(tensor.dataType)?.name === 'bool';
  const texts = Array.from(numbers, (number) =>
    isBool ? (Number(number) === 0 ? 'false' : 'true') : numberInWords(number),
  );
  return dims.length === 0 ? texts.join('') : `[${texts.join(', ')}]`;
}

/** The shortest digits that give the same float32; integers as they are. */
export function numberInWords(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isInteger(value)) return `${value}`.replace('-', '−');
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value < 0 ? '−∞' : '∞';
  const digits =
    [4, 5, 6, 7, 8].find((count) => Math.fround(Number(value.toPrecision(count))) === Math.fround(value)) ?? 9;
  return `${Number(value.toPrecision(digits))}`.replace('-', '−');
}
