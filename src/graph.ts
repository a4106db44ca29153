/** `trilu/graph`: values, operators, graphs, rewriting and gradients; and operators of one's own. */
export * from './graph/index.ts';
