import { elementwiseRules } from './elementwise.ts';
import { indexingRules } from './indexing.ts';
import { matrixRules } from './matrix.ts';
import { normalizationRules } from './normalization.ts';
import { reductionRules } from './reduction.ts';
import type { Rule } from './rule.ts';
import { shapeRules } from './shape.ts';

/** One rule an operator, by ONNX's name. */
export const rules: Readonly<Record<string, Rule>> = {
  ...elementwiseRules,
  ...matrixRules,
  ...shapeRules,
  ...reductionRules,
  ...indexingRules,
  ...normalizationRules,
};
