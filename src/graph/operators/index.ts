import type { Operator } from '../value.ts';
import { attentionOperators } from './attention.ts';
import { controlOperators } from './control.ts';
import { elementwiseOperators } from './elementwise.ts';
import { indexingOperators } from './indexing.ts';
import { labelOperators } from './labels.ts';
import { matrixOperators } from './matrix.ts';
import { normalizationOperators } from './normalization.ts';
import { quantizationOperators } from './quantization.ts';
import { reductionOperators } from './reduction.ts';
import { shapeOperators } from './shape.ts';

/** The operators that trilu knows by itself. */
export const ownOperators: readonly Operator[] = [
  ...elementwiseOperators,
  ...matrixOperators,
  ...reductionOperators,
  ...normalizationOperators,
  ...indexingOperators,
  ...shapeOperators,
  ...controlOperators,
  ...attentionOperators,
  ...quantizationOperators,
  ...labelOperators,
];
